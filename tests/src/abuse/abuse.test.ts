import { afterAll, beforeAll } from "vitest";
import { startStack } from "../harness/stack.ts";
import { testBehindNginx } from "./behind-nginx.ts";
import { testFraming, type World } from "./framing.ts";

let world: World;
beforeAll(async () => {
  const stack = await startStack({ threads: 2 });
  world = { stack, workspace: await stack.createWorkspace() };
});
afterAll(() => world.stack[Symbol.asyncDispose]());

testFraming(() => world);
testBehindNginx(() => world);
