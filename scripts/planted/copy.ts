import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Violation } from "./violations.ts";

const root = path.join(import.meta.dirname, "../..");

/** A copy of the checkout to break rules in. Disposal removes it. */
export type Copy = Disposable & {
  directory: string;
  plant: (violations: readonly Violation[]) => void;
  /** Runs a tool in the copy with the copy's configuration. */
  run: (command: string, toolArguments: readonly string[]) => { code: number; output: string };
};

/** Copies everything that git would commit; the packages come from the checkout's own node_modules. */
export function copyCheckout(): Copy {
  const directory = mkdtempSync(path.join(tmpdir(), "perpetuo-planted-"));
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
  });
  for (const file of list.toString().split("\0")) {
    if (file !== "" && existsSync(path.join(root, file))) {
      cpSync(path.join(root, file), path.join(directory, file));
    }
  }
  symlinkSync(path.join(root, "node_modules"), path.join(directory, "node_modules"));
  return {
    directory,
    plant: (violations) => {
      for (const { file, text } of violations) {
        mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
        writeFileSync(path.join(directory, file), text);
      }
    },
    run: (command, toolArguments) => {
      const result = spawnSync(command, toolArguments, {
        cwd: directory,
        encoding: "utf8",
        maxBuffer: 2 ** 26,
      });
      return { code: result.status ?? 1, output: `${result.stdout}${result.stderr}` };
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** The command line of a tool in node_modules. */
export function tool(name: string): string {
  return path.join(root, "node_modules/.bin", name);
}
