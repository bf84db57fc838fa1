import { afterAll, beforeAll, describe, it } from "vitest";
import { type Stack, startStack } from "../harness/stack.ts";
import { checkFairness, checkShedding, type Overload } from "./shedding.ts";

const overload: Overload = {
  places: 200,
  latencyMs: 500,
  perSecond: 1_200,
  seconds: 60,
  leastGoodput: 0.85,
  refusedWithinMs: 100,
};

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ threads: 2, environment: { PERPETUO_MAX_IN_FLIGHT: String(overload.places) } });
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

describe("three times the capacity", () => {
  it("60 s, one workspace · the places stay in use, the rest is refused at once, the books balance", async () => {
    await checkShedding(stack, overload);
  });

  it("20 s, a modest workspace beside a flood · is served", async () => {
    await checkFairness(stack, { ...overload, seconds: 20 });
  });
});
