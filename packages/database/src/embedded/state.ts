import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSetupError } from "../setup-error.ts";

/** What must outlive the process: which cluster belongs to a data folder, and its passwords. */
export type EmbeddedState = {
  /** Random; part of the cluster's path where that is outside the data folder. */
  cluster_id: string;
  superuser_password: string;
  owner_password: string;
};

const stateFile = (dataDir: string) => join(dataDir, "postgres.json");

/** Reads the state of a data folder; null when it has none. */
export async function loadState(dataDir: string): Promise<EmbeddedState | null> {
  const file = stateFile(dataDir);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new DatabaseSetupError(`${file} cannot be read (${error.message}). Give this user access to it.`, {
      cause: error,
    });
  });
  return text === null ? null : parseState(file, text);
}

/** Reads the state of a data folder, or makes it. The file is readable by its owner alone (0600). */
export async function loadOrCreateState(dataDir: string): Promise<EmbeddedState> {
  const present = await loadState(dataDir);
  if (present !== null) return present;
  const state: EmbeddedState = {
    cluster_id: randomBytes(4).toString("hex"),
    superuser_password: randomBytes(24).toString("hex"),
    owner_password: randomBytes(24).toString("hex"),
  };
  await writeFileAtomically(stateFile(dataDir), `${JSON.stringify(state, null, 2)}\n`);
  return state;
}

function parseState(file: string, text: string): EmbeddedState {
  try {
    const state = JSON.parse(text) as Partial<EmbeddedState>;
    if (state.cluster_id && state.superuser_password && state.owner_password) return state as EmbeddedState;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new DatabaseSetupError(
    `${file} is damaged. Restore it from a backup, or move the folder ${dirname(file)} away to start afresh.`,
  );
}

/** A crash leaves either no file or the whole one, never a part. */
async function writeFileAtomically(file: string, text: string): Promise<void> {
  const partial = `${file}.partial-${process.pid}`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(partial, text, { mode: 0o600 });
  await rename(partial, file);
}
