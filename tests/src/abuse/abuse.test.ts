import { afterAll, beforeAll } from "vitest";
import { createGatewayClient } from "../harness/gateway-client.ts";
import { startStack } from "../harness/stack.ts";
import { testBehindNginx } from "./behind-nginx.ts";
import { testFraming } from "./framing.ts";
import { testRequestThreats } from "./request-threats.ts";
import { setTrap } from "./trap.ts";
import { testUpstreamThreats } from "./upstream-threats.ts";
import type { World } from "./world.ts";

const preload = new URL("./inside-names.test-preload.ts", import.meta.url).href;

let world: World;
beforeAll(async () => {
  const environment = { PERPETUO_ALLOW_PRIVATE_UPSTREAMS: "false", NODE_OPTIONS: `--import ${preload}` };
  const stack = await startStack({ threads: 2, environment });
  world = {
    stack,
    workspace: await stack.createWorkspace(),
    client: createGatewayClient(stack.proxyUrl),
    trap: await setTrap(),
  };
});
afterAll(async () => {
  await world.client[Symbol.asyncDispose]();
  await world.stack[Symbol.asyncDispose]();
  await world.trap[Symbol.asyncDispose]();
});

testUpstreamThreats(() => world);
testRequestThreats(() => world);
testFraming(() => world);
testBehindNginx(() => world);
