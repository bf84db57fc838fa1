import { afterAll, beforeAll, describe, it } from "vitest";
import { type Stack, startStack } from "../harness/stack.ts";
import { checkFairness, checkShedding, type Overload } from "./shedding.ts";

const overload: Overload = {
  places: 60,
  latencyMs: 300,
  perSecond: 600,
  seconds: 3,
  leastGoodput: 0.6,
  refusedWithinMs: 500,
};

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ threads: 2, environment: { PERPETUO_MAX_IN_FLIGHT: String(overload.places) } });
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

describe("three times the capacity for 3 s", () => {
  it("one workspace · the places stay in use, the rest is refused at once, the books balance", async () => {
    await checkShedding(stack, overload);
  });

  it("a modest workspace beside a flood · is served", async () => {
    await checkFairness(stack, overload);
  });
});
