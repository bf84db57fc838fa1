import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** The documents of the checkout, relative to it. */
export function markdownFiles(root: string): string[] {
  return ["*.md", "{docs,deploy,bench,packages,services}/**/*.md"]
    .flatMap((pattern) => globSync(pattern, { cwd: root, exclude: (name) => name === "node_modules" }))
    .sort();
}

/** A sentence for each relative link of a document that leads to no file, or to no heading of it. */
export function findBrokenLinks(root: string, file: string): string[] {
  const text = readFileSync(path.join(root, file), "utf8");
  const prose = text.replace(/^```[\s\S]*?^```/gm, "");
  const targets = [...prose.matchAll(/\]\((?<target>[^)\s]+)\)/g)].map(
    (match) => match.groups?.["target"] ?? "",
  );
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .flatMap((target) => {
      const reason = explainTarget(path.join(root, file), target);
      return reason === null ? [] : [`${file} links to ${target}: ${reason}.`];
    });
}

function explainTarget(file: string, target: string): string | null {
  const [place = "", heading] = target.split("#");
  const destination = place === "" ? file : path.resolve(path.dirname(file), place);
  if (!existsSync(destination)) return "there is no such file";
  if (heading === undefined || statSync(destination).isDirectory()) return null;
  return headingsOf(destination).includes(heading) ? null : "the file has no such heading";
}

/** Anchors as the usual renderers make them: lower case, punctuation dropped, spaces to hyphens. */
function headingsOf(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(/^#+ (?<title>.+)$/gm)].map((match) =>
    (match.groups?.["title"] ?? "")
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
