import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { BenchError } from "../bench-error.ts";
import type { Command } from "./placement.ts";

/** How long a process may take to stop before it is killed. Long enough for the proxy to finish and flush. */
const stopTimeoutMs = 40_000;
/** What a failure quotes of the process's output. */
const quotedCharacters = 2_000;

export type RunningProcess = AsyncDisposable & {
  pid: number;
  output: () => string;
  /** Rejects with the output when the process ends before the text turns up or `withinMs` have passed. */
  waitForOutput: (text: string, withinMs: number) => Promise<void>;
};

/**
 * Starts a program in a process group of its own, so that Ctrl-C reaches the harness alone and it decides the order of
 * the stops. The IPC channel tells a Node program when the harness is gone.
 */
export function startProcess(
  { program, words }: Command,
  { environment }: { environment: Record<string, string> },
): RunningProcess {
  const child = spawn(program, words, {
    env: environment,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = once(child, "exit").then(([code, signal]) => `${signal ?? code}`);
  // A program that cannot be started at all is told by `waitForOutput`.
  ended.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    async waitForOutput(text, withinMs) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = () => output.includes(text) && resolve();
      const refuse = (what: string) =>
        reject(new BenchError(`${program} ${words.join(" ")} ${what}:\n${output.slice(-quotedCharacters)}`));
      const timer = setTimeout(() => refuse(`did not say "${text}" within ${withinMs / 1_000} s`), withinMs);
      ended.then(
        (how) => refuse(`ended early (${how})`),
        (error: unknown) => reject(error as Error),
      );
      listeners.add(look);
      try {
        look();
        await promise;
      } finally {
        clearTimeout(timer);
        listeners.delete(look);
      }
    },
    [Symbol.asyncDispose]: () => stop(child, ended),
  };
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const impatience = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
  try {
    await ended;
  } finally {
    clearTimeout(impatience);
  }
}
