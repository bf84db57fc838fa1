import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const ownerOnly = 0o600;

/** Makes the data folder, which only its owner may enter. */
export function createDataFolder(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  mkdirSync(path.join(directory, "logs"), { recursive: true, mode: 0o700 });
}

/** Reads a JSON file that `writeStateFile` wrote, or null when there is none or it is not JSON. */
export function readStateFile(file: string): unknown {
  try {
    chmodSync(file, ownerOnly);
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Writes JSON that only the owner can read (0600). A crash leaves the old file or the new one, never a part. */
export function writeStateFile(file: string, value: unknown): void {
  const partial = `${file}.partial-${process.pid}`;
  rmSync(partial, { force: true });
  writeFileSync(partial, `${JSON.stringify(value, null, 2)}\n`, { mode: ownerOnly, flag: "wx" });
  chmodSync(partial, ownerOnly);
  renameSync(partial, file);
}
