import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const ownerOnly = 0o600;

/** Makes the data folder, which only its owner may enter. */
export function createDataFolder(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  mkdirSync(path.join(directory, "logs"), { recursive: true, mode: 0o700 });
}

/** What a state file holds. `damaged` is what is not JSON. */
export type StateFile =
  | { kind: "read"; value: unknown }
  | { kind: "missing"; value: null }
  | { kind: "damaged"; value: null };

/** Reads a JSON file that `writeStateFile` wrote. */
export function readStateFile(file: string): StateFile {
  try {
    chmodSync(file, ownerOnly);
    return { kind: "read", value: JSON.parse(readFileSync(file, "utf8")) };
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: "damaged", value: null };
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { kind: "missing", value: null };
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
