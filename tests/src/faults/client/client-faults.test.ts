import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { report } from "../../harness/figures.ts";
import { chat } from "../../harness/gateway-client.ts";
import { type Stack, startStack } from "../../harness/stack.ts";
import type { TestWorkspace } from "../../harness/workspace.ts";
import { checkModelAuthority, extremeBodies } from "./body-fuzz.ts";
import { checkDepartures, checkEarlyDepartures } from "./disconnects.ts";
import { ambiguousCredentials, checkHeaderInjection, foreignMediaTypes, judge } from "./hostile-requests.ts";
import {
  checkEndlessBodies,
  checkExpectContinue,
  checkPipelining,
  checkStalledReader,
} from "./unusual-clients.ts";

const maxBodyBytes = 1_048_576;

let stack: Stack;
let workspace: TestWorkspace;
let apiKey: string;
beforeAll(async () => {
  stack = await startStack({
    threads: 2,
    environment: {
      PERPETUO_STALLED_READER_TIMEOUT_MS: "1500",
      PERPETUO_MAX_BODY_BYTES: String(maxBodyBytes),
    },
  });
  workspace = await stack.createWorkspace();
  apiKey = workspace.apiKey;
});
afterAll(() => stack?.[Symbol.asyncDispose]());

describe("a client that leaves", () => {
  it("during its body, its authentication, the connect · 499, and nobody is called", async () => {
    await checkEarlyDepartures(stack, 4);
  });

  it("waiting, reading, between two attempts · the provider's call is closed, 499, tokens so far", async () => {
    await checkDepartures(stack, 3);
  });
});

describe("an unusual client", () => {
  it("reads nothing · closed when its time is over, with the provider's call; 499", async () => {
    await checkStalledReader(stack, workspace);
  });

  it("sends a body without an end, or announces one too large · 413, then closed", async () => {
    await checkEndlessBodies(stack, workspace, maxBodyBytes);
  });

  it("sends a request into the answer of another · both lost, 499 for the first", async () => {
    await checkPipelining(stack, workspace);
  });

  it("asks before it sends its body · 100, then the answer", async () => {
    await checkExpectContinue(stack, workspace);
  });
});

describe("a hostile head", () => {
  it("line breaks in names and metadata · 400 or kept as text, never a header, never a 5xx", async () => {
    report(`header injection: ${await checkHeaderInjection(stack, apiKey)} requests, no header, no 5xx`);
  });

  it("two credentials · 400 ambiguous_credentials", async () => {
    for (const { name, call } of ambiguousCredentials(apiKey)) {
      const { status, code } = await judge(stack, call);
      expect({ name, status, code }).toEqual({ name, status: 400, code: "ambiguous_credentials" });
    }
  });

  it("another media type, or a compressed body · 415", async () => {
    for (const [name, headers] of Object.entries(foreignMediaTypes)) {
      const { status, code } = await judge(stack, { apiKey, headers });
      expect({ name, status, code }).toEqual({ name, status: 415, code: "unsupported_media_type" });
    }
  });
});

describe("a hostile body", () => {
  it.each(extremeBodies)("$name · $status", async ({ body, status }) => {
    expect((await judge(stack, { apiKey, body: body() })).status).toBe(status);
  });

  it("two readers, two models · the model that is allowed is the model that is called", async () => {
    const { served, refused } = await checkModelAuthority(stack, 400);
    report(`hostile bodies: ${served} served with the allowed model, ${refused} refused, no other`);
  });

  it("afterwards · the gateway serves as before", async () => {
    expect(await judge(stack, { apiKey, body: chat("mock-fast") })).toMatchObject({ status: 200 });
  });
});
