import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Environment } from "@perpetuo/runtime/environment";
import { openServiceLog, type ServiceLog } from "./service-log.ts";

/** What to run, and where it says that it is ready. */
export type ServiceDefinition = {
  name: string;
  /** The TypeScript entry, absolute. */
  entry: string;
  environment: Environment;
  /** Answers 200 when the service can serve. */
  readyUrl: string;
};

export type ServiceProcess = AsyncDisposable & {
  definition: ServiceDefinition;
  log: ServiceLog;
  /** Null while the service is down. */
  pid: () => number | null;
  /** Exits since the service was last up for long. */
  failures: () => number;
  /** Exit code of the latest run that ended; null when none has, or a signal ended it. */
  lastExitCode: () => number | null;
};

type Settings = {
  logDirectory: string;
  /** Shows a line to the person at the terminal. */
  warn: (line: string) => void;
  /** Called after each start, to note the process id. */
  onStarted: () => void;
};

const shortestDelayMs = 250;
const longestDelayMs = 10_000;
/** A run this long counts as a success, after which the next exit is the first again. */
const steadyMs = 30_000;
/** How long a service may take to stop before it is killed. The proxy finishes its streams in this time. */
const stopTimeoutMs = 20_000;

/**
 * Runs a service as a child process and starts it again, ever more slowly, when it exits by itself. The child has its
 * own process group, so that Ctrl-C reaches the launcher alone and it decides the order of the stops; the IPC channel
 * tells the child when the launcher is gone.
 */
export function runServiceProcess(definition: ServiceDefinition, settings: Settings): ServiceProcess {
  const log = openServiceLog(definition.name, settings.logDirectory, settings.warn);
  let child: ChildProcess | null = null;
  let failures = 0;
  let lastExitCode: number | null = null;
  let stopping = false;
  let restart: NodeJS.Timeout | undefined;

  const launch = () => {
    const startedAt = performance.now();
    child = spawnService(definition, log);
    settings.onStarted();
    child.once("exit", (code, signal) => {
      child = null;
      lastExitCode = code;
      if (stopping) return;
      failures = performance.now() - startedAt > steadyMs ? 1 : failures + 1;
      const delayMs = Math.min(longestDelayMs, shortestDelayMs * 2 ** (failures - 1));
      settings.warn(
        `${definition.name} ended (${signal ?? `exit code ${code}`}); starting it again. Log: ${log.file}`,
      );
      restart = setTimeout(launch, delayMs);
    });
  };
  launch();

  return {
    definition,
    log,
    pid: () => child?.pid ?? null,
    failures: () => failures,
    lastExitCode: () => lastExitCode,
    async [Symbol.asyncDispose]() {
      stopping = true;
      clearTimeout(restart);
      if (child !== null) await stopChild(child);
      await log[Symbol.asyncDispose]();
    },
  };
}

function spawnService(definition: ServiceDefinition, log: ServiceLog): ChildProcess {
  const child = spawn(process.execPath, [definition.entry], {
    cwd: path.dirname(path.dirname(definition.entry)),
    env: definition.environment,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true,
  });
  if (child.stdout !== null) log.follow(child.stdout);
  if (child.stderr !== null) log.follow(child.stderr);
  return child;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const impatience = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
  await exited;
  clearTimeout(impatience);
  // A grandchild that lives on for a moment may hold the pipes; the last lines are not worth waiting for it.
  for (const output of [child.stdout, child.stderr]) output?.destroy();
}
