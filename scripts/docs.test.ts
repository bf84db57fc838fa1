import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { errorTable } from "../packages/contracts/src/errors.ts";
import { findBrokenLinks, markdownFiles } from "./docs/links.ts";
import { externalPackages, readManifest } from "./docs/manifests.ts";
import { readWorkspaces } from "./layers/workspaces.ts";

const root = path.join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? "");
const unique = (names: readonly string[]) => [...new Set(names)].sort();

describe("life of a request", () => {
  const phases = readdirSync(path.join(root, "services/proxy/src/phases"))
    .filter((file) => !file.includes(".test."))
    .sort();
  const names = phases.map((file) => file.replace(/^\d-|\.ts$/g, ""));

  it("phases · are seven numbered files", () => {
    expect(phases.map((file) => Number.parseInt(file, 10))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("README and docs · name the same phases in the same order", () => {
    expect(matches(read("README.md"), /^\d\. \*\*(\w+)\*\*:/gm)).toEqual(names);
    expect(matches(read("docs/life-of-a-request.md"), /^## \d\. (\w+)$/gm)).toEqual(names);
  });

  it("handle-request · calls the phases in the same order", () => {
    const source = read("services/proxy/src/handle-request.ts");
    const spine = source.slice(source.indexOf("export async function handleRequest"));
    const called = matches(spine, /(?<![\w.])(\w+)\(/g).filter((name) => names.includes(name));
    expect(called).toEqual(names);
  });
});

describe("configuration", () => {
  const sources = globSync("services/*/src/config.ts", { cwd: root }).map(read).join("\n");
  const variables = unique(
    matches(sources, /(?:required|withDefault)(?:<[^>]*(?:>[^>]*)*?>)?\(\s*"([A-Z_]+)"/g),
  );

  it("config.ts files · are found with their variables", () => {
    expect(variables).toEqual(
      expect.arrayContaining(["DATABASE_URL", "PROXY_PORT", "PERPETUO_PROVIDER_BASE_URLS"]),
    );
  });

  it("docs/configuration.md · lists every variable that a service reads, and no other", () => {
    expect(unique(matches(read("docs/configuration.md"), /^\| `([A-Z_]+)` \|/gm))).toEqual(variables);
  });

  it(".env.example · has every variable", () => {
    expect(unique(matches(read(".env.example"), /^# ([A-Z_]+)=/gm))).toEqual(variables);
  });
});

describe("documents", () => {
  const files = markdownFiles(root);

  it.each(files)("%s · has no broken link", (file) => {
    expect(findBrokenLinks(root, file)).toEqual([]);
  });

  it("docs/dependencies.md · has a row for every package, and no other", () => {
    expect(matches(read("docs/dependencies.md"), /^\| `([^`]+)` \|/gm).sort()).toEqual(
      externalPackages(root),
    );
  });

  it("docs/errors.md · has the error table's rows, and no other", () => {
    const rows = matches(read("docs/errors.md"), /^(\| `[^\n]*) \|[^|\n]*\|$/gm);
    const table = Object.entries(errorTable).map(
      ([code, { status, source, retry, message }]) =>
        `| \`${code}\` | ${status} | ${source} | ${retry} | ${message}`,
    );
    expect(rows).toEqual(table);
  });

  it("docs/decisions/README.md · lists every decision", () => {
    const pages = readdirSync(path.join(root, "docs/decisions")).filter((file) => file !== "README.md");
    expect(matches(read("docs/decisions/README.md"), /\]\(([\w-]+\.md)\)/g).sort()).toEqual(pages.sort());
  });

  it("README.md · names every workspace but tests and bench in the layer table", () => {
    const workspaces = readWorkspaces(root).map((workspace) => workspace.directory);
    const table = read("README.md");
    for (const directory of workspaces.filter((name) => name.includes("/"))) {
      expect(table).toContain(`[${directory}](${directory})`);
    }
  });
});

describe("commands in documents", () => {
  const { scripts = {} } = readManifest(path.join(root, "package.json"));
  const blocks = markdownFiles(root)
    .flatMap((file) => matches(read(file), /^```sh\n([\s\S]*?)^```/gm))
    .join("\n");

  it("npm scripts · exist", () => {
    const named = unique([
      ...matches(blocks, /\bnpm run ([\w:-]+)/g),
      ...matches(blocks, /\bnpm (start|test)\b/g),
    ]);
    expect(named).toEqual(expect.arrayContaining(["check", "start", "test", "test:full"]));
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });

  it("npm scripts · start files that exist", () => {
    for (const command of Object.values(scripts)) {
      for (const file of matches(command, /((?:scripts|services|bench)\/[\w./-]+\.(?:ts|mjs))/g)) {
        expect(existsSync(path.join(root, file)), `${command} needs ${file}`).toBe(true);
      }
    }
  });

  it("scripts of the checkout · exist", () => {
    for (const file of matches(blocks, /^(deploy\/\S+)/gm))
      expect(existsSync(path.join(root, file))).toBe(true);
  });
});
