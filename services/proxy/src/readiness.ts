import type { SharedState } from "./shared-state.ts";

export type Readiness = { kind: "ready" } | { kind: "not-ready"; reason: string };

/** What a thread knows of its own way to the database and to the disk. */
export type ThreadState = { databaseIsUp: boolean; isWarm: boolean; isSpoolBlocked: boolean };

/** Whether a load balancer may send requests here. */
export function judgeReadiness(shared: SharedState, thread: ThreadState): Readiness {
  const { databaseIsUp, isWarm, isSpoolBlocked } = thread;
  const reason = obstacle(shared);
  if (reason !== null) return { kind: "not-ready", reason };
  if (isSpoolBlocked) return { kind: "not-ready", reason: "the spool cannot be written" };
  if (!databaseIsUp && !isWarm) {
    return { kind: "not-ready", reason: "the database is unreachable and nothing is cached" };
  }
  return { kind: "ready" };
}

function obstacle(shared: SharedState): string | null {
  if (shared.isStopping) return "draining";
  if (shared.isSpoolFull) return "the spool is full";
  if (shared.blockedThreads > 0) return "a thread is blocked";
  if (shared.isMemoryCritical) return "memory is short";
  if (!shared.isSchemaCurrent) return "the database is not migrated yet";
  return null;
}
