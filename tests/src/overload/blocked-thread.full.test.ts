import { afterAll, beforeAll, it } from "vitest";
import { type BlockableStack, checkBlockForGood, startBlockableStack } from "./blocked-thread.ts";

let blockable: BlockableStack;
beforeAll(async () => {
  blockable = await startBlockableStack();
});
afterAll(async () => {
  await blockable.stack[Symbol.asyncDispose]();
});

it("a thread blocked for good · the process is replaced, the other thread's stream is not cut", async () => {
  await checkBlockForGood(blockable);
});
