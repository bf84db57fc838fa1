import { afterAll, beforeAll, it } from "vitest";
import { type BlockableStack, checkBlockForAWhile, startBlockableStack } from "./blocked-thread.ts";

let blockable: BlockableStack;
beforeAll(async () => {
  blockable = await startBlockableStack();
});
afterAll(async () => {
  await blockable.stack[Symbol.asyncDispose]();
});

it("a thread blocked for a while · not ready, written down with its stack, and ready again", async () => {
  await checkBlockForAWhile(blockable);
});
