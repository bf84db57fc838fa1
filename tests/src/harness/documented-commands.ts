import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { inheritedEnvironment } from "./config.ts";
import type { signUp } from "./control-api.ts";
import { repositoryRoot } from "./service-process.ts";
import type { Stack } from "./stack.ts";

const run = promisify(execFile);

/** Runs the commands of a document's section as written, but for the address of the control API; gives what they print. */
export async function runDocumentedCommands(
  { file, heading }: { file: string; heading: string },
  { stack, user }: { stack: Stack; user: Awaited<ReturnType<typeof signUp>> },
): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "perpetuo-commands-"));
  try {
    const commands = (await readCommands(file, heading)).replaceAll(
      "localhost:3000",
      stack.controlUrl.replace("http://", ""),
    );
    const { stdout } = await run("bash", ["-euo", "pipefail", "-c", commands], {
      cwd: folder,
      env: { ...inheritedEnvironment(), TOKEN: user.token, WORKSPACE: user.workspaceId },
    });
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The shell commands of a document's section. */
async function readCommands(file: string, heading: string): Promise<string> {
  const text = await readFile(path.join(repositoryRoot, file), "utf8");
  const from = text.indexOf(`\n${heading}\n`);
  const end = text.indexOf("\n## ", from + 1);
  const section = text.slice(from, end === -1 ? undefined : end);
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join("\n");
}
