import { afterAll, beforeAll, describe, it } from "vitest";
import { type Stack, startStack } from "../../harness/stack.ts";
import { checkDamagedSpool } from "./damaged-spool.ts";
import { checkLookupHerd } from "./key-lookups.ts";
import { chaosEnvironment, checkProgramFaults } from "./program-faults.ts";
import { checkRevocationWithoutChannel } from "./revocation-channel.ts";

const threads = 2;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ threads, environment: chaosEnvironment });
});
afterAll(() => stack?.[Symbol.asyncDispose]());

describe("the database's word on keys", () => {
  it("300 at once with one new key, and with invented ones · a query a thread, and none", async () => {
    await checkLookupHerd(stack, threads, 300);
  });

  it("keys revoked while the channel is cut · refused by every thread", async () => {
    await checkRevocationWithoutChannel(stack, 9);
  });
});

describe("the gateway's own faults", () => {
  it("thrown inside a request, outside of all, while the record is written · that request fails, no other", async () => {
    await checkProgramFaults(stack);
  });

  it("segments damaged while it was down · what can be read is kept, the rest counted and set aside", async () => {
    await checkDamagedSpool(stack);
  });
});
