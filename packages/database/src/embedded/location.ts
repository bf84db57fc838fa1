import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chown, mkdir, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { DatabaseSetupError } from "../setup-error.ts";
import { copyServerBinaries, findServerBinaries } from "./binaries.ts";
import { folderError } from "./folder-lock.ts";

const run = promisify(execFile);

/** PostgreSQL refuses to run as root; root's clusters and a copy of the server live where another user can enter. */
const rootDirectory = "/var/lib/perpetuo";

/** Where a cluster lives and as whom it runs. */
export type ClusterLocation = {
  /** Folder of the cluster's data, log and temporary files. */
  directory: string;
  /** Folder with `bin`, `lib` and `share`. */
  serverDirectory: string;
  /** The OS user that the server runs as; null is the present one. */
  user: { uid: number; gid: number } | null;
};

/**
 * Decides where the cluster of a data folder lives and creates that folder.
 *
 * @throws DatabaseSetupError when a folder cannot be written or no OS user can be made.
 */
export async function locateCluster(dataDir: string, clusterId: string): Promise<ClusterLocation> {
  const binaries = await findServerBinaries();
  if (process.getuid?.() !== 0) {
    const directory = join(dataDir, "postgres");
    await makeFolder(directory, null);
    return { directory, serverDirectory: binaries.directory, user: null };
  }
  const user = await findOrCreateUser();
  const directory = await findRootCluster(dataDir, clusterId);
  await makeFolder(directory, user);
  const copy = await copyServerBinaries(binaries, rootDirectory).catch((error: unknown) => {
    throw folderError(rootDirectory, error);
  });
  return { directory, serverDirectory: copy.directory, user };
}

/** The name begins with a hash of the data folder, for people; the id alone decides, so that the folder can be moved. */
async function findRootCluster(dataDir: string, clusterId: string): Promise<string> {
  const names = await readdir(rootDirectory).catch(() => []);
  const existing = names.find((name) => name.endsWith(`-${clusterId}`));
  return join(rootDirectory, existing ?? `${await hashFolder(dataDir)}-${clusterId}`);
}

/**
 * Clusters of root that earlier incarnations of a data folder left behind: the folder was deleted, and with it the
 * passwords, but not what lies outside it.
 */
export async function findAbandonedClusters(
  dataDir: string,
  location: ClusterLocation,
): Promise<ClusterLocation[]> {
  if (location.user === null) return [];
  const hash = await hashFolder(dataDir);
  const names = await readdir(rootDirectory).catch(() => []);
  return names
    .filter((name) => name.startsWith(`${hash}-`))
    .map((name) => join(rootDirectory, name))
    .filter((directory) => directory !== location.directory)
    .map((directory) => ({ ...location, directory }));
}

async function hashFolder(dataDir: string): Promise<string> {
  return createHash("sha256")
    .update(await realpath(dataDir))
    .digest("hex")
    .slice(0, 12);
}

async function makeFolder(directory: string, user: ClusterLocation["user"]): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o755 });
    if (user !== null) await chown(directory, user.uid, user.gid);
  } catch (error) {
    throw folderError(directory, error);
  }
}

async function findOrCreateUser(): Promise<{ uid: number; gid: number }> {
  const found = await findUser();
  if (found !== null) return found;
  // Debian, Fedora and their kin have useradd; Alpine has only BusyBox's adduser.
  const commands: [string, string[]][] = [
    ["useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"]],
    ["adduser", ["-S", "-D", "-H", "-s", "/sbin/nologin", "postgres"]],
  ];
  for (const [command, commandArguments] of commands) {
    const created = await run(command, commandArguments).then(
      () => findUser(),
      () => null,
    );
    if (created !== null) return created;
  }
  throw new DatabaseSetupError(
    "PostgreSQL refuses to run as root and the OS user `postgres` could not be created. Create it, start as another user, or set DATABASE_URL.",
  );
}

async function findUser(): Promise<{ uid: number; gid: number } | null> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", "postgres"]), run("id", ["-g", "postgres"])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}
