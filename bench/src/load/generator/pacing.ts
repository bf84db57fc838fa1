import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { monotonicMicroseconds } from "./clock.ts";
import type { PacerData } from "./pacer.ts";

const microsecondsPerSecond = 1_000_000;
/** The thread needs a moment before it can keep the pace. */
const startDelayMicroseconds = 300_000;

/**
 * Calls `due` for each of `count` events at a constant rate, with the time at which it was due in microseconds of the monotonic
 * clock. A call that comes late is not left out. Resolves after the last one.
 */
export async function pace(
  { rate, count }: { rate: number; count: number },
  due: (dueAt: number) => void,
): Promise<void> {
  const start = monotonicMicroseconds() + startDelayMicroseconds;
  const interval = microsecondsPerSecond / rate;
  let next = 0;
  const workerData: PacerData = { start, interval, count };
  const pacer = new Worker(new URL("./pacer.ts", import.meta.url), { workerData });
  const callDue = () => {
    const now = monotonicMicroseconds();
    for (; next < count && start + next * interval <= now; next++) due(start + next * interval);
  };
  pacer.on("message", callDue);
  await once(pacer, "exit");
  while (next < count) due(start + next++ * interval);
}
