import type { SharedState } from "./shared-state.ts";

export type Readiness = { kind: "ready" } | { kind: "not-ready"; reason: string };

/** What a thread knows of its own way to the database and to the disk. */
export type ThreadState = { databaseIsUp: boolean; isWarm: boolean; isSpoolBlocked: boolean };

/** Whether a load balancer may send requests here, as one thread sees it. */
export function judgeReadiness(shared: SharedState, thread: ThreadState): Readiness {
  const reason = obstacle(shared) ?? threadObstacle(thread);
  return reason === null ? { kind: "ready" } : { kind: "not-ready", reason };
}

/** Why the thread by itself could serve no request; null when it could. */
export function threadObstacle({ databaseIsUp, isWarm, isSpoolBlocked }: ThreadState): string | null {
  if (isSpoolBlocked) return "the spool cannot be written";
  return databaseIsUp || isWarm ? null : "the database is unreachable and nothing is cached";
}

/** The same as the process's main thread sees it, which knows of each thread only whether it was ready. */
export function judgeProcessReadiness(shared: SharedState, threadsReady: readonly boolean[]): Readiness {
  const reason = obstacle(shared);
  if (reason !== null) return { kind: "not-ready", reason };
  if (threadsReady.length > 0 && threadsReady.every(Boolean)) return { kind: "ready" };
  return { kind: "not-ready", reason: "a thread is not ready" };
}

function obstacle(shared: SharedState): string | null {
  if (shared.isStopping) return "draining";
  if (shared.isSpoolFull) return "the spool is full";
  if (shared.blockedThreads > 0) return "a thread is blocked";
  if (shared.isMemoryCritical) return "memory is short";
  if (!shared.isSchemaCurrent) return "the database is not migrated yet";
  return null;
}
