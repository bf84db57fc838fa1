import { parentPort, workerData } from "node:worker_threads";
import { compileConfig } from "@perpetuo/gateway/compiled-config";
import { configOf, targetsOf } from "./request.test-fixture.ts";
import { TargetHealth, type TargetHealthBuffers } from "./target-health.ts";

const { buffers, tick, attempts } = workerData as {
  buffers: TargetHealthBuffers;
  tick: number;
  attempts: number;
};
const [target] = targetsOf("gpt", compileConfig(configOf()));
const health = new TargetHealth(buffers, { tick: () => tick, random: () => 0, observe: () => undefined });
let entered = 0;
for (let attempt = 0; attempt < attempts; attempt++) {
  if (target !== undefined && health.enter(target).kind === "entered") entered++;
}
parentPort?.postMessage(entered);
