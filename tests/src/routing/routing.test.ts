import { afterAll, beforeAll } from "vitest";
import { startFailingUpstream } from "../harness/failing-upstream.ts";
import { createGatewayClient } from "../harness/gateway-client.ts";
import { startStack } from "../harness/stack.ts";
import { bodyFieldScenarios } from "./body-fields.ts";
import { dryRunScenarios } from "./dry-run.ts";
import { failingTargetScenarios } from "./failing-targets.ts";
import { matchingScenarios } from "./matching.ts";
import type { RoutingWorld } from "./routed-workspace.ts";
import { stickinessScenarios } from "./stickiness.ts";
import { strategyScenarios } from "./strategies.ts";

let running: RoutingWorld | null = null;
const world = (): RoutingWorld => {
  if (running === null) throw new Error("The stack has started.");
  return running;
};
beforeAll(async () => {
  const stack = await startStack({ threads: 2 });
  const upstream = await startFailingUpstream(stack.mockUrl);
  running = { stack, upstream, client: createGatewayClient(stack.proxyUrl, 8) };
});
afterAll(async () => {
  await running?.client[Symbol.asyncDispose]();
  await running?.upstream[Symbol.asyncDispose]();
  await running?.stack[Symbol.asyncDispose]();
});

matchingScenarios(world);
strategyScenarios(world);
failingTargetScenarios(world);
bodyFieldScenarios(world);
stickinessScenarios(world);
dryRunScenarios(world);
