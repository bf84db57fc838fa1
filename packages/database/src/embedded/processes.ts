import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Whether a process with this id exists, whoever owns it. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A mark of the moment at which a process started, or null where that cannot be told; it differs when an id is reused. */
export async function processStart(pid: number): Promise<string | null> {
  if (process.platform === "linux") {
    const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
    // Field 22 of proc_pid_stat(5); the name in field 2 may hold spaces, so count from its closing parenthesis.
    return text === null ? null : (text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? null);
  }
  return run("ps", ["-o", "lstart=", "-p", String(pid)]).then(
    ({ stdout }) => stdout.trim() || null,
    () => null,
  );
}

/** Resolves after `milliseconds`; for polling what announces itself only in a file. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
