import { parentPort, workerData } from "node:worker_threads";
import { monotonicMicroseconds } from "./clock.ts";

/** The due time of the n-th request is `start + n × interval`, in microseconds of the monotonic clock. */
export type PacerData = { start: number; interval: number; count: number };

const { start, interval, count } = workerData as PacerData;
const cell = new Int32Array(new SharedArrayBuffer(4));
const microsecondsPerMillisecond = 1_000;

// A timer of the event loop is a millisecond coarse, which would send requests in bursts; this thread sleeps to the microsecond.
for (let index = 0; index < count; index++) {
  const left = start + index * interval - monotonicMicroseconds();
  if (left > 0) Atomics.wait(cell, 0, 0, left / microsecondsPerMillisecond);
  parentPort?.postMessage(null);
}
