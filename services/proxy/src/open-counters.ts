import type { Logger } from "@perpetuo/runtime/logger";
import type { ProxyConfig } from "./config.ts";
import type { Counters } from "./counters.ts";
import { LimitTable } from "./limit-table.ts";
import { openRedisLimits } from "./redis-limits.ts";
import { SharedCounters } from "./shared-counters.ts";
import { limitClock } from "./shared-tick.ts";
import type { SlotTableBuffers } from "./slot-table.ts";

export type CountersPlan = {
  config: Pick<ProxyConfig, "redisUrl" | "quotaPolicy">;
  buffers: SlotTableBuffers;
  logger: Logger;
  /** Has every budget's sum read from the database again. */
  verifySpending: () => void;
};

export type OpenCounters = AsyncDisposable & { counters: Counters };

/** In shared memory on one machine; in Redis across machines, with shared memory as what is left without it. */
export function openCounters({ config, buffers, logger, verifySpending }: CountersPlan): OpenCounters {
  const local = new SharedCounters(new LimitTable(buffers), limitClock);
  const { redisUrl, quotaPolicy } = config;
  if (redisUrl === null) return { counters: local, [Symbol.asyncDispose]: async () => undefined };
  const now = () => performance.now();
  return openRedisLimits({ url: redisUrl, quotaPolicy, local, logger, verifySpending, now });
}
