import { spawn } from "node:child_process";
import { constants } from "node:os";
import path from "node:path";
import process from "node:process";
import { root } from "./paths.mjs";

const parentCheckMilliseconds = 500;

/**
 * Runs a TypeScript entry with the given Node and resolves with its exit code.
 *
 * A terminal sends Ctrl-C to the whole foreground group, so the entry has it already and passing it on would count
 * as a second, impatient one. Without a terminal, and for the other signals, only this process is told: each is
 * passed on once. The package.json scripts say `exec`, so that npm's signals arrive here and not at a shell between.
 *
 * The IPC channel lets the entry notice when this process is killed outright; an npm that is killed outright is noticed
 * by its disappearance as the parent.
 */
export function runEntry(node, entry, entryArguments) {
  const child = spawn(node, [path.join(root, entry), ...entryArguments], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: {
      ...process.env,
      PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ""}`,
      npm_node_execpath: node,
    },
  });
  const atTerminal = process.stdin.isTTY || process.stdout.isTTY;
  const passedOn = new Map();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      const recently = Date.now() - (passedOn.get(signal) ?? 0) < 1_000;
      if (recently || (signal === "SIGINT" && atTerminal)) return;
      passedOn.set(signal, Date.now());
      child.kill(signal);
    });
  }
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event !== undefined) {
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      child.kill("SIGTERM");
    }, parentCheckMilliseconds);
    watch.unref();
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}
