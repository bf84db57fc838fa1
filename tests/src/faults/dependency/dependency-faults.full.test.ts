import { afterAll, beforeAll, describe, it } from "vitest";
import { type Stack, startStack } from "../../harness/stack.ts";
import {
  checkBusyPool,
  checkInterruptedFlushes,
  checkLateDatabase,
  checkSlowDatabase,
} from "./database-faults.ts";
import { checkLookupHerd } from "./key-lookups.ts";
import { checkChangesEverywhere } from "./live-changes.ts";
import { checkRevocationOnHungChannel, checkRevocationWithoutChannel } from "./revocation-channel.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ threads: 2, postgres: "own" });
});
afterAll(() => stack?.[Symbol.asyncDispose]());

describe("PostgreSQL", () => {
  it("away at the start · alive, not ready, and ready by itself when it comes", async () => {
    await checkLateDatabase(stack);
  });

  it("5 s away · cached keys served, unknown keys told 503, every row arrives", async () => {
    await checkSlowDatabase(stack, 5000);
  });

  it("every look-up connection busy · cached keys served, rows written, unknown keys told 503", async () => {
    await checkBusyPool(stack);
  });

  it("60 cut connections and 20 restarts under load · nothing lost, nothing twice", async () => {
    await checkInterruptedFlushes(stack, { cuts: 60, restarts: 20 });
  });
});

describe("the database's word on keys", () => {
  it("1,000 at once with one new key, and with invented ones · a query a thread, and none", async () => {
    await checkLookupHerd(stack, 2, 1000);
  });
});

describe("what people change", () => {
  it("six kinds of change · honoured by every thread of two processes", async () => {
    await checkChangesEverywhere(stack, 10);
  });

  it("40 keys revoked while the channel is cut · refused by every thread", async () => {
    await checkRevocationWithoutChannel(stack, 40);
  });

  it("a key revoked while the channel hangs · refused when the heartbeat has found it out", async () => {
    await checkRevocationOnHungChannel(stack);
  });
});
