import type { LimitClock } from "@perpetuo/gateway/limits";

/**
 * Milliseconds on one clock for all threads of the machine: `performance.now()` counts from each thread's own start.
 */
export const sharedTick = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

/** The clock of everything that is counted in shared memory. */
export const limitClock = (): LimitClock => ({ tick: sharedTick(), time: Date.now() });
