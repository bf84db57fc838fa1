import { mkdir, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { folderError, lockFolder } from "./embedded/folder-lock.ts";
import { type ClusterLocation, findAbandonedClusters, locateCluster } from "./embedded/location.ts";
import { pause } from "./embedded/processes.ts";
import {
  ensureCluster,
  launchServer,
  logFile,
  readStatus,
  type ServerStatus,
  stopServer,
} from "./embedded/server.ts";
import { type EmbeddedState, loadOrCreateState, loadState } from "./embedded/state.ts";
import { withPool } from "./pool.ts";
import { DatabaseSetupError } from "./setup-error.ts";

export type EmbeddedPostgresOptions = {
  /** Perpetuo's data folder. The cluster lives in it, or under /var/lib/perpetuo when the user is root. */
  dataDir: string;
  onProgress?: (message: string) => void;
  /** `throwaway` gives up crash safety for speed and deletes the cluster on disposal; for tests. */
  durability?: "durable" | "throwaway";
};

/** A running embedded PostgreSQL server. Disposal stops it. */
export type EmbeddedPostgres = AsyncDisposable & {
  /** Connection URL of the application's owner role, which is not a superuser, and its database `perpetuo`. */
  ownerUrl: string;
  /** Connection URL of the cluster's superuser. For maintenance by hand and for tests; no service gets it. */
  administratorUrl: string;
  port: number;
  pid: number;
  /** `recovered`: a server that had outlived its parent was found running and is used on. */
  origin: "started" | "recovered";
  /** Folder of the cluster's data and log. */
  directory: string;
  logFile: string;
};

const throwawaySettings = [
  "fsync=off",
  "synchronous_commit=off",
  "full_page_writes=off",
  "max_connections=300",
  "autovacuum_naptime=10min",
];
const durableSettings = ["max_connections=200"];

/** How long an orphaned server may take to answer, crash recovery included. */
const recoveryTimeoutMs = 60_000;

/**
 * Starts the PostgreSQL 18 that Perpetuo brings, creating its cluster on first use. One process at a time may use a data
 * folder; a server that a killed process left behind is taken over.
 *
 * @throws DatabaseSetupError with one sentence that says what is wrong and what to do: another process uses the folder,
 *   it cannot be written, it is of another major version, this platform has no server.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const throwaway = options.durability === "throwaway";
  const onProgress = options.onProgress ?? (() => undefined);
  await mkdir(dataDir, { recursive: true }).catch((error: unknown) => {
    throw folderError(dataDir, error);
  });
  const lock = await lockFolder(dataDir);
  try {
    const state = await loadOrCreateState(dataDir);
    const location = await locateCluster(dataDir, state.cluster_id);
    await stopAbandonedServers(dataDir, location, onProgress);
    await ensureCluster(location, { password: state.superuser_password, durable: !throwaway, onProgress });
    const orphan = await findOrphan(location, state, onProgress);
    if (orphan === null) onProgress("Starting the embedded database");
    const status = orphan ?? (await launchServer(location, throwaway ? throwawaySettings : durableSettings));
    const urls = connectionUrls(state, status.port);
    await ensureOwner(urls.administratorUrl, state.owner_password).catch(async (error: unknown) => {
      await stopServer(location, status.pid);
      throw error;
    });
    return {
      ...urls,
      port: status.port,
      pid: status.pid,
      origin: orphan === null ? "started" : "recovered",
      directory: location.directory,
      logFile: logFile(location),
      async [Symbol.asyncDispose]() {
        await stopServer(location, status.pid);
        if (throwaway) await rm(location.directory, { recursive: true, force: true });
        await lock[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Finds the embedded server that runs for a data folder, for a command beside it. Starts nothing.
 *
 * @returns the owner's connection URL, or null when no server runs.
 */
export async function findEmbeddedPostgres(dataDir: string): Promise<string | null> {
  const folder = resolve(dataDir);
  const state = await loadState(folder);
  if (state === null) return null;
  const status = await readStatus(await locateCluster(folder, state.cluster_id));
  if (status === null) return null;
  const { ownerUrl } = connectionUrls(state, status.port);
  return (await answers(ownerUrl)) ? ownerUrl : null;
}

/** Nobody can log in to them any more. Their data stays, because deleting it is for a person to decide. */
async function stopAbandonedServers(
  dataDir: string,
  location: ClusterLocation,
  onProgress: (message: string) => void,
): Promise<void> {
  for (const abandoned of await findAbandonedClusters(dataDir, location)) {
    const status = await readStatus(abandoned);
    if (status !== null) await stopServer(abandoned, status.pid);
    onProgress(
      `The database of an earlier ${dataDir} is still in ${abandoned.directory}; delete it when you like`,
    );
  }
}

/**
 * Finds a server that has outlived its parent. Its password proves that it is this cluster's.
 *
 * @throws DatabaseSetupError when the process that `postmaster.pid` names does not answer.
 */
async function findOrphan(
  location: ClusterLocation,
  state: EmbeddedState,
  onProgress: (message: string) => void,
): Promise<ServerStatus | null> {
  const deadline = Date.now() + recoveryTimeoutMs;
  let status = await readStatus(location);
  if (status !== null) onProgress("Taking over the embedded database that an earlier run left behind");
  while (status !== null && Date.now() < deadline) {
    if (await answers(connectionUrls(state, status.port).administratorUrl)) return status;
    await pause(100);
    // A server in the middle of its shutdown goes away by itself.
    status = await readStatus(location);
  }
  if (status === null) return null;
  throw new DatabaseSetupError(
    `Process ${status.pid} holds ${location.directory}/data/postmaster.pid but does not answer on port ${status.port}. If it is not PostgreSQL, delete that file and start again; otherwise stop the process first.`,
  );
}

async function answers(url: string): Promise<boolean> {
  const options = { max: 1, applicationName: "perpetuo-embedded", connectTimeoutMs: 2000 };
  return await withPool(url, options, async ({ sql }) => {
    return await sql`select 1`.then(
      () => true,
      () => false,
    );
  });
}

function connectionUrls(state: EmbeddedState, port: number): { ownerUrl: string; administratorUrl: string } {
  return {
    ownerUrl: `postgres://perpetuo_owner:${state.owner_password}@127.0.0.1:${port}/perpetuo`,
    administratorUrl: `postgres://postgres:${state.superuser_password}@127.0.0.1:${port}/postgres`,
  };
}

/** The application's owner may create the service roles and owns its database, and is no superuser. */
async function ensureOwner(administratorUrl: string, password: string): Promise<void> {
  await withPool(administratorUrl, { max: 1, applicationName: "perpetuo-embedded" }, async ({ sql }) => {
    const [present] = await sql<{ role: boolean; database: boolean }[]>`
    select exists (select from pg_roles where rolname = 'perpetuo_owner') as role,
           exists (select from pg_database where datname = 'perpetuo') as database`;
    // The password is hexadecimal, see state.ts; DDL takes no parameters.
    if (!present?.role) {
      await sql.unsafe(
        `create role perpetuo_owner login nosuperuser nobypassrls createrole password '${password}'`,
      );
    }
    if (!present?.database) await sql.unsafe("create database perpetuo owner perpetuo_owner");
  });
}
