import type { Logger } from "@perpetuo/runtime/logger";
import type { ProxyConfig } from "./config.ts";
import type { Counters } from "./counters.ts";
import { LimitTable } from "./limit-table.ts";
import { openRedisLimits } from "./redis-limits.ts";
import { SharedCounters, type Successor } from "./shared-counters.ts";
import { limitClock } from "./shared-tick.ts";
import type { SlotTableBuffers } from "./slot-table.ts";

export type CountersPlan = {
  config: Pick<ProxyConfig, "redisUrl" | "quotaPolicy">;
  buffers: SlotTableBuffers;
  logger: Logger;
  /** Counts once the limits have been handed over; with Redis they stay where they are. */
  successor: Successor;
  /** Has every budget's sum read from the database again. */
  verifySpending: () => void;
};

export type OpenCounters = AsyncDisposable & { counters: Counters };

/** In shared memory on one machine; in Redis across machines, with shared memory as what is left without it. */
export function openCounters(plan: CountersPlan): OpenCounters {
  const { config, buffers, logger, successor, verifySpending } = plan;
  const { redisUrl, quotaPolicy } = config;
  const local = new SharedCounters(new LimitTable(buffers), limitClock, successor);
  if (redisUrl === null) return { counters: local, [Symbol.asyncDispose]: async () => undefined };
  const now = () => performance.now();
  return openRedisLimits({ url: redisUrl, quotaPolicy, local, logger, verifySpending, now });
}
