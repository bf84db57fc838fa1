import type { Logger } from "@perpetuo/runtime/logger";
import type { Generation } from "./generation.ts";

export type RestartOutcome = { kind: "replaced" } | { kind: "kept"; reason: string };

export type RestartSteps = {
  logger: Logger;
  /** Hands over what the old generation has counted. Absent from a dead one. */
  handOver: (from: Generation, to: Generation) => Promise<void>;
  /** How long a new generation may take to become ready, in milliseconds. */
  readyTimeoutMs: number;
};

/**
 * Brings `next` to the point where it answers beside `old`, and changes nothing for `old`: the port is open all the
 * time, and whatever goes wrong, one of the two serves. An old generation that dies meanwhile makes the new one hurry.
 */
export async function bringUp(
  next: Generation,
  old: Generation,
  { logger, handOver, readyTimeoutMs }: RestartSteps,
): Promise<RestartOutcome> {
  const limit = new AbortController();
  const timeout = new Promise<void>((_resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`it was not ready within ${readyTimeoutMs} ms: ${next.waitsFor}`)),
      readyTimeoutMs,
    );
    limit.signal.addEventListener("abort", () => clearTimeout(timer));
  });
  try {
    await Promise.race([next.prepared, old.ended, timeout]);
    if (old.how === null) await Promise.race([handOver(old, next), old.ended, next.listening, timeout]);
    else logger.warn("The old generation died before the new one was ready, which takes over at once.");
    next.tell({ kind: "listen" });
    await Promise.race([next.listening, timeout]);
    // Its death just now would be the end of a generation that nobody counts on yet.
    if (next.how !== null) throw new Error(`its process ended (${next.how})`);
    return { kind: "replaced" };
  } catch (error) {
    return { kind: "kept", reason: error instanceof Error ? error.message : String(error) };
  } finally {
    limit.abort();
  }
}
