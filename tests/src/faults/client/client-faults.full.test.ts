import { afterAll, beforeAll, describe, it } from "vitest";
import { report } from "../../harness/figures.ts";
import { type Stack, startStack } from "../../harness/stack.ts";
import { checkModelAuthority, millionKeys } from "./body-fuzz.ts";
import { checkDisconnectStorm, checkMostExpensiveBody, checkSlowCrowd } from "./crowds.ts";
import { checkDepartures, checkEarlyDepartures } from "./disconnects.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ threads: 2 });
});
afterAll(() => stack?.[Symbol.asyncDispose]());

describe("clients that leave", () => {
  it("40 at each early moment · 499, and nobody is called", async () => {
    await checkEarlyDepartures(stack, 40);
  });

  it("40 at each later moment · the provider's call is closed, 499, tokens so far", async () => {
    await checkDepartures(stack, 40);
  });

  it("1,000 streams at once · every row there, nothing left open, others keep their pace", async () => {
    await checkDisconnectStorm(stack, 1000);
  });
});

describe("clients that take their time", () => {
  it("2,000 idle, 500 slow heads, 200 slow bodies, 32 slow readers · closed or served, others keep their pace", async () => {
    await checkSlowCrowd(stack, { idle: 2000, slowHeads: 500, slowBodies: 200, slowReaders: 32 });
  });
});

describe("hostile bodies", () => {
  it("5,000 that two readers may read differently · the allowed model is the one that is called", async () => {
    const { served, refused } = await checkModelAuthority(stack, 5000);
    report(`hostile bodies: ${served} served with the allowed model, ${refused} refused, no other`);
  });

  it("a million keys · an answer, and the gateway goes on", async () => {
    const { apiKey } = await stack.createWorkspace();
    await checkMostExpensiveBody(stack, apiKey, millionKeys());
  });
});
