import { DatabaseSetupError } from "@perpetuo/database/setup-error";
import { StartError } from "@perpetuo/runtime/start-error";

/** Advice for the errors that the operating system has for a folder or a file. */
const advice: Readonly<Record<string, string>> = {
  EACCES: "Give this user write access to it, or set PERPETUO_DATA_DIR to another folder.",
  EPERM: "Give this user write access to it, or set PERPETUO_DATA_DIR to another folder.",
  EROFS: "The file system is read-only; set PERPETUO_DATA_DIR to a folder that can be written.",
  ENOSPC: "The disk is full; free some space.",
  ENOTDIR: "A part of that path is a file; set PERPETUO_DATA_DIR to a folder.",
  EEXIST: "That path is a file; set PERPETUO_DATA_DIR to a folder.",
};

/** Turns what a person can put right into one sentence without a stack; anything else stays as it is. */
export function explainFailure(error: unknown): unknown {
  if (error instanceof DatabaseSetupError) return new StartError(error.message, { cause: error });
  if (!(error instanceof Error)) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  const what = advice[code ?? ""];
  if (what !== undefined && path !== undefined) {
    return new StartError(`${path} cannot be written (${code}). ${what}`, { cause: error });
  }
  return error;
}
