import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { BenchError } from "../bench-error.ts";
import { type CoreStat, type ProcessStat, parseCoreStat, parseProcessStat } from "./proc-stat.ts";

/** Microseconds in one clock tick of the kernel's accounting. */
export function microsecondsPerTick(): number {
  return 1_000_000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
}

/** CPU ticks of a process so far, over all its threads. Throws `BenchError` when it is gone. */
export function readProcessTicks(pid: number): number {
  const stat = readStat(pid);
  if (stat === null) throw new BenchError(`Process ${pid} ended while it was measured; the run is void.`);
  return stat.ticks;
}

/** The process that started a process. Throws `BenchError` when it is gone. */
export function readParent(pid: number): number {
  const stat = readStat(pid);
  if (stat === null) throw new BenchError(`Process ${pid} ended while it was measured; the run is void.`);
  return stat.parent;
}

/** CPU ticks of a process and all its descendants, those that have ended included. */
export function readTreeTicks(root: number): number {
  const stats = [root, ...listDescendants(root)].map(readStat).filter((stat) => stat !== null);
  return stats.reduce((sum, stat) => sum + stat.ticks + stat.childTicks, 0);
}

export function readCore(core: number): CoreStat {
  return parseCoreStat(readFileSync("/proc/stat", "utf8"), core);
}

/** Process ids of everything below `root`. */
export function listDescendants(root: number): number[] {
  const childrenOf = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = readStat(Number(entry))?.parent;
    if (parent !== undefined) childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), Number(entry)]);
  }
  const found: number[] = [];
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    const children = childrenOf.get(pid) ?? [];
    found.push(...children);
    open.push(...children);
  }
  return found;
}

/** The command line of a process, its words separated by spaces; empty when it is gone. */
export function readCommandLine(pid: number): string {
  return (readProcFile(pid, "cmdline") ?? "").replaceAll("\0", " ").trim();
}

function readStat(pid: number): ProcessStat | null {
  const text = readProcFile(pid, "stat");
  return text === null ? null : parseProcessStat(text);
}

/** Null for a process that has ended: between the listing and the look, or while it is read. */
function readProcFile(pid: number, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}
