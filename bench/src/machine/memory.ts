import { readFileSync } from "node:fs";
import { BenchError } from "../bench-error.ts";

const lookMs = 250;

/** Bytes in one unit of `/proc/<pid>/status`. */
const statusUnit = 1_024;

/** Reads the resident set from `/proc/<pid>/status`, in bytes. See proc_pid_status(5). */
export function parseResident(text: string): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(text)?.[1];
  if (kilobytes === undefined) throw new Error("/proc/<pid>/status has no VmRSS.");
  return Number(kilobytes) * statusUnit;
}

/** Bytes of a process that are in memory. Throws `BenchError` when it is gone. */
export function readResident(pid: number): number {
  try {
    return parseResident(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch (error) {
    throw new BenchError(`Process ${pid} ended while it was measured; the run is void.`, { cause: error });
  }
}

/** Looks at a process's memory until it is stopped, and then says the most that it saw. */
export function watchResident(pid: number): { stop: () => number } {
  let most = readResident(pid);
  const timer = setInterval(() => {
    most = Math.max(most, readResident(pid));
  }, lookMs);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(most, readResident(pid));
    },
  };
}
