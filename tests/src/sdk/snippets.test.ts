import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inheritedEnvironment } from "../harness/config.ts";
import { repositoryRoot } from "../harness/service-process.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import type { TestWorkspace } from "../harness/workspace.ts";

/** The snippets of docs/sdks.md, run as they are written but for the gateway's port. */

const run = promisify(execFile);
const documented = "http://localhost:8080";
const page = readFileSync(path.join(repositoryRoot, "docs/sdks.md"), "utf8");
const snippets = [...page.matchAll(/^```ts\n(?<code>[\s\S]*?)^```/gm)].map((match, index) => {
  const heading =
    page
      .slice(0, match.index)
      .match(/^## .+$/gm)
      ?.at(-1) ?? "";
  return { heading: heading.slice(3), place: index + 1, code: match.groups?.["code"] ?? "" };
});

let stack: Stack;
let workspace: TestWorkspace;
let folder: string;
beforeAll(async () => {
  stack = await startStack({ threads: 1 });
  workspace = await stack.createWorkspace();
  // Inside the workspace that depends on the packages, so that they are found.
  const parent = path.join(repositoryRoot, "tests/dist");
  await mkdir(parent, { recursive: true });
  folder = await mkdtemp(path.join(parent, "snippets-"));
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

describe("docs/sdks.md", () => {
  it("snippets · there is one for each client", () => {
    expect([...new Set(snippets.map(({ heading }) => heading))]).toEqual([
      "OpenAI",
      "Anthropic",
      "AI SDK",
      "LangChain",
    ]);
  });

  it.each(snippets)("$heading, snippet $place · prints an answer", async ({ code, place }) => {
    expect(code).toContain(documented);
    const file = path.join(folder, `${place}.ts`);
    await writeFile(file, code.replaceAll(documented, stack.proxyUrl));
    const { stdout } = await run(process.execPath, [file], {
      env: { ...inheritedEnvironment(), PERPETUO_API_KEY: workspace.apiKey },
      timeout: 60_000,
    });
    expect(stdout.trim()).not.toBe("");
  });
});
