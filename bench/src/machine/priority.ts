import { setPriority } from "node:os";
import { listDescendants } from "./processes.ts";

/** The nice value of what stands back. */
const standBack = 10;

/** Makes a process and all below it stand back when others want their core, with exceptions. */
export function lowerPriority(root: number, except: readonly number[]): void {
  for (const pid of [root, ...listDescendants(root)]) {
    if (except.includes(pid)) continue;
    try {
      setPriority(pid, standBack);
    } catch (error) {
      // A process that has ended since it was listed needs no priority.
      if ((error as { info?: { code?: string } }).info?.code !== "ESRCH") throw error;
    }
  }
}
