import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSetupError } from "../setup-error.ts";
import { isRunning, processStart } from "./processes.ts";

type LockHolder = { pid: number; started: string | null };

/**
 * Makes this process the only one that uses a data folder. A lock whose holder has died, `kill -9` included, is taken
 * over: the holder is named by process id and start time, so that a reused id is not mistaken for it.
 *
 * @throws DatabaseSetupError when another living process holds the folder.
 */
export async function lockFolder(dataDir: string): Promise<AsyncDisposable> {
  const file = join(dataDir, "postgres.lock");
  const mine = JSON.stringify({ pid: process.pid, started: await processStart(process.pid) });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      await writeFile(file, mine, { flag: "wx", mode: 0o600 });
      return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw folderError(dataDir, error);
    }
    const holder = await readHolder(file);
    if (holder !== null && (await isAlive(holder))) {
      throw new DatabaseSetupError(
        `The data folder ${dataDir} is in use by process ${holder.pid}. Stop that one first, or set PERPETUO_DATA_DIR to another folder.`,
      );
    }
    await rm(file, { force: true });
  }
  throw new DatabaseSetupError(
    `Several processes are starting with the data folder ${dataDir}. Start only one.`,
  );
}

async function readHolder(file: string): Promise<LockHolder | null> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as LockHolder;
  } catch {
    return null;
  }
}

async function isAlive(holder: LockHolder): Promise<boolean> {
  return isRunning(holder.pid) && (await processStart(holder.pid)) === holder.started;
}

/** Turns a refused write into a sentence that says what to do. */
export function folderError(directory: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException).code;
  const advice: Record<string, string> = {
    EACCES: "Give this user write access to it, or set PERPETUO_DATA_DIR to another folder.",
    EPERM: "Give this user write access to it, or set PERPETUO_DATA_DIR to another folder.",
    EROFS: "Its file system is read-only; set PERPETUO_DATA_DIR to a folder that can be written.",
    ENOSPC: "The disk is full; free some space.",
    ENOTDIR: "A part of that path is a file; set PERPETUO_DATA_DIR to a folder.",
    EEXIST: "That path is a file; set PERPETUO_DATA_DIR to a folder.",
  };
  const sentence = advice[code ?? ""];
  if (code === undefined || sentence === undefined)
    return error instanceof Error ? error : new Error(String(error));
  return new DatabaseSetupError(`The folder ${directory} cannot be written (${code}). ${sentence}`, {
    cause: error,
  });
}
