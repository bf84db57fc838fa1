import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { inheritedEnvironment } from "./config.ts";
import { killAll, processTree } from "./process-tree.ts";
import { waitUntil } from "./wait-until.ts";

/** The checkout. */
export const repositoryRoot = path.resolve(import.meta.dirname, "../../..");

/** How much of a service's log is kept for the message of a failing test, in characters. */
const keptLogLength = 200_000;
const stopTimeoutMs = 20_000;

export type ServiceOptions = {
  name: string;
  /** Relative to the checkout. */
  script: string;
  environment: Record<string, string>;
  /** Answers 200 when the service can serve. */
  readyUrl: string;
  readyTimeoutMs?: number;
};

/** A service as a process of its own, with the processes that it starts. Disposal fails when it ended by itself. */
export type ServiceProcess = AsyncDisposable & {
  pid: number;
  /** The service's process and its descendants. */
  pids(): Promise<number[]>;
  /** What it wrote to standard error and standard output, the latest part. */
  log(): string;
  /** SIGTERM to the service's own process, and waits until it has ended; throws when it takes longer than 20 s. */
  stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Sends SIGKILL to all of its processes at the same moment and waits until they are gone. */
  killHard(): Promise<void>;
};

/** Starts a service and waits until it is ready. Throws with its log when it ends before or does not get ready. */
export async function startService(options: ServiceOptions): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [path.join(repositoryRoot, options.script)], {
    cwd: repositoryRoot,
    env: { ...inheritedEnvironment(), ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const service = controlProcess(child, options.name);
  try {
    await waitUntil(async () => ((await fetch(options.readyUrl)).ok ? true : null), {
      what: `${options.name} to be ready`,
      timeoutMs: options.readyTimeoutMs ?? 30_000,
      hopeless: () => (hasEnded(child) ? `it ended with ${child.exitCode ?? child.signalCode}` : null),
      details: service.log,
    });
    return service;
  } catch (error) {
    await service.killHard();
    throw error;
  }
}

function controlProcess(child: ChildProcess, name: string): ServiceProcess {
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} could not be started.`);
  let log = "";
  let endIsExpected = false;
  const keep = (text: string): void => {
    log = (log + text).slice(-keptLogLength);
  };
  child.stdout?.setEncoding("utf8").on("data", keep);
  child.stderr?.setEncoding("utf8").on("data", keep);

  const stop = async () => {
    if (!hasEnded(child)) {
      endIsExpected = true;
      const ended = once(child, "exit", { signal: AbortSignal.timeout(stopTimeoutMs) });
      child.kill("SIGTERM");
      await ended.catch(async (cause: unknown) => {
        await killAll(await processTree(pid));
        throw new Error(`${name} did not stop within ${stopTimeoutMs} ms of SIGTERM.\n${log}`, { cause });
      });
    }
    return { code: child.exitCode, signal: child.signalCode };
  };
  return {
    pid,
    pids: () => processTree(pid),
    log: () => log,
    stop,
    async killHard() {
      endIsExpected = true;
      const pids = await processTree(pid);
      const ended = hasEnded(child) ? null : once(child, "exit");
      await killAll(pids);
      await ended;
    },
    async [Symbol.asyncDispose]() {
      if (hasEnded(child) && !endIsExpected) {
        throw new Error(`${name} ended by itself with ${child.exitCode ?? child.signalCode}.\n${log}`);
      }
      await stop();
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
