import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSetupError } from "../setup-error.ts";
import type { ClusterLocation } from "./location.ts";
import { isRunning, pause } from "./processes.ts";

/** The major version of the server's files, and so of the clusters that it can open. */
const majorVersion = "18";
const startTimeoutMs = 120_000;
const stopTimeoutMs = 30_000;
const maximumLogBytes = 10 * 1024 * 1024;

/** What `postmaster.pid` says about the server that holds a cluster. */
export type ServerStatus = { pid: number; port: number; ready: boolean };

const dataFolder = (location: ClusterLocation) => join(location.directory, "data");

/** The file that the server logs to. */
export const logFile = (location: ClusterLocation) => join(location.directory, "server.log");

/**
 * Creates the cluster unless it exists. The folder appears under its name by a rename, so that an interrupted
 * initialisation is never taken for a cluster.
 *
 * @throws DatabaseSetupError when the cluster is of another major version or cannot be made.
 */
export async function ensureCluster(
  location: ClusterLocation,
  options: { password: string; durable: boolean; onProgress: (message: string) => void },
): Promise<void> {
  const data = dataFolder(location);
  const version = await readFile(join(data, "PG_VERSION"), "utf8").then(
    (text) => text.trim(),
    () => null,
  );
  if (version === majorVersion) return;
  if (version !== null) {
    throw new DatabaseSetupError(
      `The database in ${data} was made by PostgreSQL ${version}, and this version of Perpetuo brings ${majorVersion}. Dump it with the version that made it, or move the folder away to start afresh.`,
    );
  }
  options.onProgress("Creating the embedded database");
  const partial = `${data}.partial`;
  const passwordFile = join(location.directory, "initial-password");
  await rm(partial, { recursive: true, force: true });
  await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
  try {
    if (location.user !== null) await chown(passwordFile, location.user.uid, location.user.gid);
    await initialise(location, [
      `--pgdata=${partial}`,
      "--username=postgres",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      // The built-in provider sorts and folds case alike on every machine.
      "--locale-provider=builtin",
      "--locale=C.UTF-8",
      ...(options.durable ? [] : ["--no-sync"]),
    ]);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(partial, data);
}

async function initialise(location: ClusterLocation, commandArguments: string[]): Promise<void> {
  const child = spawn(join(location.serverDirectory, "bin", "initdb"), commandArguments, {
    ...location.user,
    cwd: location.directory,
    env: { LC_ALL: "C" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [code] = await once(child, "close");
  if (code !== 0) {
    throw new DatabaseSetupError(
      `The embedded database could not be created in ${location.directory}: ${output.trim()}`,
    );
  }
}

/** Reads `postmaster.pid`; null when there is none or it names no living process. */
export async function readStatus(location: ClusterLocation): Promise<ServerStatus | null> {
  const text = await readFile(join(dataFolder(location), "postmaster.pid"), "utf8").catch(() => "");
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 0 || !isRunning(pid)) return null;
  return { pid, port, ready: lines[7]?.trim() === "ready" };
}

/**
 * What passes by itself: another program took the port first; sessions of a server that was killed are still ending;
 * a killed server's entry in the process table is taken for the server.
 */
const passingFailures =
  /could not bind|Address already in use|shared memory block .* still in use|lock file .* already exists/;
const startAttempts = 20;

/**
 * Starts the server on a free loopback port, in a process group of its own: Ctrl-C in a terminal reaches the services
 * first, and the server stops when they have finished with it.
 *
 * @throws DatabaseSetupError when the server ends before it is ready; the message quotes the end of its log.
 */
export async function launchServer(location: ClusterLocation, settings: string[]): Promise<ServerStatus> {
  for (let attempt = 1; ; attempt += 1) {
    await removeStalePidFile(location);
    const outcome = await tryLaunch(location, settings);
    if (outcome.kind === "ready") return outcome.status;
    if (attempt === startAttempts || !passingFailures.test(outcome.log)) {
      throw new DatabaseSetupError(
        `The embedded database did not start. The end of ${logFile(location)}:\n${outcome.log}`,
      );
    }
    await pause(250);
  }
}

/** The server refuses to start while the process in its file exists, even if that has ended and only its entry remains. */
async function removeStalePidFile(location: ClusterLocation): Promise<void> {
  if ((await readStatus(location)) === null)
    await rm(join(dataFolder(location), "postmaster.pid"), { force: true });
}

async function tryLaunch(
  location: ClusterLocation,
  settings: string[],
): Promise<{ kind: "ready"; status: ServerStatus } | { kind: "failed"; log: string }> {
  const port = await findFreePort();
  const flags = [
    `port=${port}`,
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "timezone=UTC",
    ...settings,
  ];
  const log = await open(logFile(location), (await isLogLarge(location)) ? "w" : "a", 0o600);
  try {
    const child = spawn(
      join(location.serverDirectory, "bin", "postgres"),
      ["-D", dataFolder(location), ...flags.flatMap((flag) => ["-c", flag])],
      {
        ...location.user,
        cwd: location.directory,
        env: { LC_ALL: "C" },
        detached: true,
        stdio: ["ignore", log.fd, log.fd],
      },
    );
    await once(child, "spawn");
    child.unref();
    const status = await untilReady(location, child);
    return status === null ? { kind: "failed", log: await endOfLog(location) } : { kind: "ready", status };
  } finally {
    await log.close();
  }
}

/** Null when the server ended, or took too long and was ended. */
async function untilReady(location: ClusterLocation, child: ChildProcess): Promise<ServerStatus | null> {
  const deadline = Date.now() + startTimeoutMs;
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    const status = await readStatus(location);
    if (status !== null && status.pid === child.pid && status.ready) return status;
    // The server announces its readiness only in postmaster.pid, which pg_ctl polls in the same way.
    await pause(15);
  }
  child.kill("SIGQUIT");
  return null;
}

async function endOfLog(location: ClusterLocation): Promise<string> {
  const log = await readFile(logFile(location), "utf8").catch(() => "");
  return log.trim().split("\n").slice(-5).join("\n");
}

/** Stops a server: no new sessions, open transactions rolled back; at once when that takes longer than 30 s. */
export async function stopServer(location: ClusterLocation, pid: number): Promise<void> {
  // postmaster.pid tells whether the id still means this server, in case it was stopped by someone else.
  if ((await readStatus(location))?.pid !== pid) return;
  process.kill(pid, "SIGINT");
  const deadline = Date.now() + stopTimeoutMs;
  // The file goes first; the process is gone a moment later.
  while (isRunning(pid)) {
    if (Date.now() > deadline) {
      process.kill(pid, "SIGQUIT");
      return;
    }
    await pause(15);
  }
}

async function isLogLarge(location: ClusterLocation): Promise<boolean> {
  return stat(logFile(location)).then(
    ({ size }) => size > maximumLogBytes,
    () => false,
  );
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("A TCP server has a port.");
  return address.port;
}
