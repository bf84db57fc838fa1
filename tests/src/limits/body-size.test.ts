import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chat } from "../harness/gateway-client.ts";
import { type Stack, startStack } from "../harness/stack.ts";

let stack: Stack;
let apiKey: string;
beforeAll(async () => {
  stack = await startStack();
  apiKey = (await stack.createWorkspace()).apiKey;
});
afterAll(() => stack?.[Symbol.asyncDispose]());

/** Sends a body of about so many bytes by `fetch`, with its length announced or in chunks. */
async function send(bytes: number, framing: "announced" | "chunked"): Promise<Response> {
  const text = JSON.stringify(chat("mock-fast", { padding: "x".repeat(bytes) }));
  const options: RequestInit & { duplex?: "half" } = {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: framing === "announced" ? text : new Blob([text]).stream(),
    duplex: "half",
  };
  return fetch(`${stack.proxyUrl}/v1/chat/completions`, options);
}

describe("request body", () => {
  it.each(["announced", "chunked"] as const)("just below 10 MiB, %s · answered", async (framing) => {
    expect((await send(10_400_000, framing)).status).toBe(200);
  });

  it.each(["announced", "chunked"] as const)(
    "above 10 MiB, %s · a 413 that the client can read",
    async (framing) => {
      for (let round = 0; round < 5; round++) {
        const answer = await send(11_000_000, framing);
        expect(answer.status).toBe(413);
        expect(await answer.json()).toMatchObject({ error: { code: "payload_too_large" } });
      }
    },
  );
});
