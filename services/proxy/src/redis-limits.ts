import type { Logger } from "@perpetuo/runtime/logger";
import { uuidv7 } from "@perpetuo/runtime/uuidv7";
import type { Counters } from "./counters.ts";
import { connectRedis } from "./redis-connection.ts";
import { RedisCounters, renewEveryMs } from "./redis-counters.ts";

export type RedisLimitsOptions = {
  url: string;
  quotaPolicy: "fail-open" | "fail-closed";
  /** What counts while Redis is away. */
  local: Counters;
  logger: Logger;
  /** Has what is cached of spending read anew. */
  verifySpending: () => void;
  now: () => number;
};

/** Milliseconds between two lines of the log about the same outage. */
const sayAgainMs = 10_000;

/** By then a settled request is in the database's sums. */
const flushLagMs = 2_000;

/** Limits across machines for one thread: a connection, the counters on it, and what happens when it breaks or comes back. */
export function openRedisLimits(options: RedisLimitsOptions): { counters: Counters } & AsyncDisposable {
  const { url, quotaPolicy, local, logger, verifySpending, now } = options;
  let isAway = false;
  let saidAt = Number.NEGATIVE_INFINITY;
  const onAway = (error: unknown) => {
    // The sums in this process may be as old as the last outage.
    if (!isAway) verifySpending();
    isAway = true;
    // Every limited request finds it out; one line in a while tells the operator.
    if (now() - saidAt < sayAgainMs) return;
    saidAt = now();
    logger.warn({ error, policy: quotaPolicy }, "Redis is away; limits are counted by the policy.");
  };
  const onConnected = () => {
    isAway = false;
    // Redis may have lost what it held. What is settled in these seconds reaches the database a little later.
    verifySpending();
    setTimeout(verifySpending, flushLagMs).unref();
  };
  const redis = connectRedis(url, { onConnected, onError: onAway });
  const counters = new RedisCounters({
    redis,
    whenAway: quotaPolicy === "fail-open" ? { kind: "fail-open", local } : { kind: "fail-closed" },
    newLeaseId: uuidv7,
    wallClock: Date.now,
    onAway,
  });
  const renewer = setInterval(() => void counters.renew(), renewEveryMs);
  return {
    counters,
    async [Symbol.asyncDispose]() {
      clearInterval(renewer);
      await redis[Symbol.asyncDispose]();
    },
  };
}
