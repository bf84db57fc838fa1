import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { ConfigState, ConfigVersion } from "@perpetuo/contracts/api/config";
import { expect } from "vitest";
import { inheritedEnvironment } from "../harness/config.ts";
import { signUp } from "../harness/control-api.ts";
import { repositoryRoot } from "../harness/service-process.ts";
import type { Stack } from "../harness/stack.ts";

const run = promisify(execFile);

/** Runs the commands of docs/routing.md as written, but for the address of the control API, and looks at what they did. */
export async function checkTheDocumentedCommands(stack: Stack): Promise<void> {
  const user = await signUp(stack.controlUrl);
  await user.post("/providers", { provider: "openai", api_key: "sk-proj-0123456789abcdef" });
  const folder = await mkdtemp(path.join(tmpdir(), "perpetuo-commands-"));
  try {
    const commands = (await readCommands("docs/routing.md", "## Publishing")).replaceAll(
      "localhost:3000",
      stack.controlUrl.replace("http://", ""),
    );
    const { stdout } = await run("bash", ["-euo", "pipefail", "-c", commands], {
      cwd: folder,
      env: { ...inheritedEnvironment(), TOKEN: user.token, WORKSPACE: user.workspaceId },
    });
    expect(stdout).toMatch(/^published$/m);
    expect(stdout).not.toContain('"success":false');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const { items } = await user.get<{ items: ConfigVersion[] }>("/config/versions");
  expect(items.map(({ version, note }) => [version, note])).toEqual([
    [4, "Rollback to 2."],
    [3, "Spread the load"],
    [2, 'Route "Chat" created.'],
    [1, expect.any(String)],
  ]);
  expect(await user.get<ConfigState>("/config")).toMatchObject({
    publishing: "manual",
    unpublished: { routes: [] },
  });
}

/** The shell commands of a document's section. */
async function readCommands(file: string, heading: string): Promise<string> {
  const text = await readFile(path.join(repositoryRoot, file), "utf8");
  const from = text.indexOf(`\n${heading}\n`);
  const end = text.indexOf("\n## ", from + 1);
  const section = text.slice(from, end === -1 ? undefined : end);
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join("\n");
}
