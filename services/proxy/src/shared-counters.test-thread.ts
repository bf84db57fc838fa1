import { parentPort, workerData } from "node:worker_threads";
import { LimitTable } from "./limit-table.ts";
import { SharedCounters } from "./shared-counters.ts";
import type { SlotTableBuffers } from "./slot-table.ts";

const { buffers, key, allowed, attempts } = workerData as {
  buffers: SlotTableBuffers;
  key: string;
  allowed: number;
  attempts: number;
};
const counters = new SharedCounters(new LimitTable(buffers), () => ({ tick: 0, time: 0 }));
let admitted = 0;
for (let attempt = 0; attempt < attempts; attempt++) {
  const subject = {
    scope: "api_key" as const,
    id: key,
    limits: { concurrent_requests: allowed },
    spent: null,
  };
  const outcome = counters.admitHere([subject], { tokens: 0, costMicros: 0 }, 0);
  if (outcome.kind === "admitted") admitted++;
}
parentPort?.postMessage(admitted);
