import { readFileSync } from "node:fs";

export type Import = {
  specifier: string;
  typeOnly: boolean;
  /** What stands between `import` and `from`. */
  clause: string;
  line: number;
};

const statement = /^[ \t]*(import|export)\b(?<clause>[^;'"]*?)\bfrom\s*["'](?<from>[^"']+)["']/gm;
const bare = /^[ \t]*import\s*["'](?<from>[^"']+)["']/gm;
const dynamic = /\bimport\(\s*["'](?<from>[^"']+)["']/g;

/**
 * The modules that a file names in import and export statements and in `import()`. A statement counts as type-only
 * when the whole of it is (`import type …`), as `verbatimModuleSyntax` erases no other.
 */
export function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  return [statement, bare, dynamic].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({
      specifier: match.groups?.["from"] ?? "",
      clause: match.groups?.["clause"] ?? "",
      typeOnly: /^\s*type\b/.test(match.groups?.["clause"] ?? ""),
      line: text.slice(0, match.index).split("\n").length,
    })),
  );
}
