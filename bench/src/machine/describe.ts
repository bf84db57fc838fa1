import { execFileSync } from "node:child_process";
import { cpus, loadavg, release, totalmem } from "node:os";

/** What the figures were taken on. */
export type Machine = {
  processor: string;
  cores: number;
  memory_gib: number;
  kernel: string;
  node: string;
  /** Runnable processes over the minute before the benchmark started anything. */
  load_average: number;
};

export function describeMachine(): Machine {
  const [first] = cpus();
  const [loadAverage = 0] = loadavg();
  return {
    processor: first?.model.trim() ?? "unknown",
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.versions.node,
    load_average: loadAverage,
  };
}

/** The commit that is checked out, with `+` when tracked files differ from it; null outside a repository. */
export function describeCommit(directory: string): string | null {
  try {
    const git = (...words: string[]) =>
      execFileSync("git", words, {
        cwd: directory,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
    return `${git("rev-parse", "--short", "HEAD")}${changed ? "+" : ""}`;
  } catch {
    return null;
  }
}
