import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chat, createGatewayClient, type GatewayClient, sha256 } from "../harness/gateway-client.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import type { TestWorkspace } from "../harness/workspace.ts";

let stack: Stack;
let client: GatewayClient;
let workspace: TestWorkspace;
beforeAll(async () => {
  stack = await startStack();
  client = createGatewayClient(stack.proxyUrl);
  workspace = await stack.createWorkspace();
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await stack[Symbol.asyncDispose]();
});

const usageWanted = { stream: true, stream_options: { include_usage: true } };
const usageEvent = /data: \{[^\n]*"choices":\[\],"usage":\{[^\n]*\n\n/;

/** The mock's own bytes for a request that reaches it with the given path. */
async function providerBytes(url: string, body: object): Promise<Buffer> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { authorization: "Bearer sk-direct", "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return Buffer.from(await answer.arrayBuffer());
}

async function through(body: object, apiKey = workspace.apiKey): Promise<Buffer> {
  const answer = await client.call({ apiKey, body });
  expect(answer.status).toBe(200);
  return answer.body;
}

describe("byte identity", () => {
  it.each([
    "mock-fast",
    "mock?chunks=0",
    "mock?chunks=2000",
    "mock?chunks=1&chunk_bytes=8000000",
    "mock?finish_reason=length&cached=3&reasoning=5",
  ])("%s whole · the provider's bytes", async (model) => {
    const expected = await providerBytes(`${stack.mockUrl}/v1/chat/completions`, chat(model));
    expect(sha256(await through(chat(model)))).toBe(sha256(expected));
  });

  it.each([
    "mock-fast",
    "mock?chunks=0",
    "mock?chunks=2000",
    "mock?chunks=3&pace=20",
    "mock?chunks=2&chunk_bytes=1048576",
    "mock?chunks=1&chunk_bytes=16777216",
    "mock?usage_factor=3",
  ])("%s streamed · the provider's bytes, the usage event only for who asked", async (model) => {
    const expected = await providerBytes(`${stack.mockUrl}/v1/chat/completions`, chat(model, usageWanted));
    expect(sha256(await through(chat(model, usageWanted)))).toBe(sha256(expected));
    const stripped = expected.toString().replace(usageEvent, "");
    expect(stripped.length).toBeLessThan(expected.length);
    expect(sha256(await through(chat(model, { stream: true })))).toBe(sha256(stripped));
  });

  it("request body · reaches the provider as it was sent", async () => {
    const model = "mock?chunks=1&key=as-it-was";
    const body = `{ "messages" : [{"role":"user","content":"caf\\u00e9 \u{1f600}"}],\n "temperature":0.10,"model":"${model}"}`;
    await client.call({ apiKey: workspace.apiKey, body });
    const [record] = await stack.mock.records(model);
    expect(record?.body_sha256).toBe(sha256(body));
  });
});

describe("byte identity on the raw port", () => {
  const throughRaw = async (script: string, body: object): Promise<[Buffer, Buffer]> => {
    const base = `${stack.rawMockUrl}/${script}/v1`;
    const { apiKey } = await stack.createWorkspace({
      providerKeys: [{ provider: "openai-compatible", base_url: base }],
    });
    return [await through(body, apiKey), await providerBytes(`${base}/chat/completions`, body)];
  };

  it.each(["plain", "split-head", "split-body", "informational"])(
    "%s whole · the provider's bytes",
    async (script) => {
      const [actual, expected] = await throughRaw(script, chat("gpt?chunks=3"));
      expect(sha256(actual)).toBe(sha256(expected));
    },
  );

  it.each([
    "plain",
    "split-head",
    "split-body",
    "close-delimited",
    "crlf-events",
    "byte-order-mark",
    "comment-events",
    "no-space-events",
  ])("%s streamed · the provider's bytes", async (script) => {
    const [actual, expected] = await throughRaw(script, chat("gpt?chunks=3", usageWanted));
    expect(sha256(actual)).toBe(sha256(expected));
  });

  it.each(["plain", "split-body", "crlf-events", "comment-events", "no-space-events"])(
    "%s streamed without include_usage · only the usage event is missing",
    async (script) => {
      const base = `${stack.rawMockUrl}/${script}/v1`;
      const { apiKey } = await stack.createWorkspace({
        providerKeys: [{ provider: "openai-compatible", base_url: base }],
      });
      const events = (text: string): string[] => text.split(/\r\n\r\n|\n\n/);
      const expected = await providerBytes(`${base}/chat/completions`, chat("gpt?chunks=3", usageWanted));
      const kept = events(expected.toString()).filter((event) => !event.includes('"choices":[],"usage":{'));
      expect(events((await through(chat("gpt?chunks=3", { stream: true }), apiKey)).toString())).toEqual(
        kept,
      );
    },
  );
});
