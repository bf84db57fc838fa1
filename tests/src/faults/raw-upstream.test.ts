import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { report } from "../harness/figures.ts";
import {
  chat,
  createGatewayClient,
  errorCode,
  type GatewayAnswer,
  type GatewayClient,
} from "../harness/gateway-client.ts";
import { residentBytes } from "../harness/process-tree.ts";
import { type Stack, startStack } from "../harness/stack.ts";

const mebibyte = 1024 * 1024;

let stack: Stack;
let client: GatewayClient;
beforeAll(async () => {
  const environment = {
    PERPETUO_FIRST_BYTE_TIMEOUT_MS: "2000",
    PERPETUO_ANSWER_TIMEOUT_MS: "2000",
    PERPETUO_IDLE_TIMEOUT_MS: "1000",
  };
  stack = await startStack({ environment });
  client = createGatewayClient(stack.proxyUrl);
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await stack[Symbol.asyncDispose]();
});

/** Calls a provider key whose base URL plays the script on the raw port. */
async function callScript(script: string, members: object = {}): Promise<GatewayAnswer> {
  const base_url = `${stack.rawMockUrl}/${script}/v1`;
  const { apiKey } = await stack.createWorkspace({
    providerKeys: [{ provider: "openai-compatible", base_url }],
  });
  return client.call({ apiKey, body: chat("gpt?chunks=3", members) });
}

/** Scripts after which there is no valid answer, whole or streamed. */
const broken = [
  "garbage",
  "close-before-head",
  "reset-before-head",
  "long-length",
  "length-and-chunked",
  "two-lengths",
  "bad-chunk-size",
  "bad-later-chunk-size",
  "bare-line-feeds",
  "many-headers",
  "endless-head",
];

describe("a provider that breaks HTTP", () => {
  it.each(broken)("%s whole · 502 or 504 in OpenAI's envelope, never half an answer", async (script) => {
    const answer = await callScript(script);
    expect([502, 504]).toContain(answer.status);
    expect(errorCode(answer.body)).toMatch(/^upstream_/);
    expect(answer.headers["x-request-id"]).toBeTruthy();
  });

  it.each(broken)("%s streamed · an error, before or inside the stream, and no [DONE]", async (script) => {
    const answer = await callScript(script, { stream: true });
    expect(errorCode(answer.body)).toMatch(/^upstream_/);
    expect(answer.body.toString()).not.toContain("[DONE]");
  });

  it.each(["close-delimited-cut", "close-delimited-reset"])(
    "%s · an error event instead of an end that looks complete",
    async (script) => {
      const answer = await callScript(script, { stream: true });
      expect(answer.status).toBe(200);
      expect(errorCode(answer.body)).toBe("upstream_stream_interrupted");
      expect(answer.body.toString()).not.toContain("[DONE]");
      const row = await stack.rows.find(String(answer.headers["x-request-id"]));
      expect(row).toMatchObject({ status_code: 502, usage_estimated: true });
    },
  );

  it("late-answer · another workspace never gets it", async () => {
    const keyOf = async (script: string): Promise<string> => {
      const base_url = `${stack.rawMockUrl}/${script}/v1`;
      const plan = { providerKeys: [{ provider: "openai-compatible" as const, base_url }] };
      return (await stack.createWorkspace(plan)).apiKey;
    };
    const [hostile, other] = await Promise.all([keyOf("late-answer"), keyOf("plain")]);
    for (let round = 0; round < 50; round++) {
      const word = `canary-${round}`;
      const body = { model: "gpt?echo=1&chunks=1", messages: [{ role: "user", content: word }] };
      await client.call({ apiKey: hostile, body });
      const answer = await client.call({ apiKey: other, body });
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toContain(word);
    }
  });

  it("late-answer on an idle connection · the connection is not used again", async () => {
    const base_url = `${stack.rawMockUrl}/late-answer/v1`;
    const { apiKey } = await stack.createWorkspace({
      providerKeys: [{ provider: "openai-compatible", base_url }],
    });
    for (let round = 0; round < 5; round++) {
      const word = `canary-${round}`;
      const body = { model: "gpt?echo=1&chunks=1", messages: [{ role: "user", content: word }] };
      const answer = await client.call({ apiKey, body });
      expect(answer.body.toString()).toContain(word);
      // The second answer comes 30 ms after the first; nothing tells the client of the gateway when it has come.
      await delay(100);
    }
  });

  it.each([false, true])(
    "compressed although identity was asked (stream %s) · readable or refused",
    async (stream) => {
      const answer = await callScript("compressed", { stream });
      const text = answer.body.toString();
      const readable = stream ? text.includes("data: [DONE]") : text.includes('"chat.completion"');
      expect(readable || /^upstream_/.test(errorCode(answer.body) ?? "")).toBe(true);
    },
  );

  it("endless-line · relayed as it comes, never gathered", async () => {
    const base_url = `${stack.rawMockUrl}/endless-line/v1`;
    const { apiKey } = await stack.createWorkspace({
      providerKeys: [{ provider: "openai-compatible", base_url }],
    });
    const pids = await stack.proxy().pids();
    const before = await residentBytes(pids);
    const read = await client.readBytes({ apiKey, body: chat("gpt", { stream: true }) }, 256 * mebibyte);
    expect(read).toBeGreaterThanOrEqual(256 * mebibyte);
    const growth = ((await residentBytes(pids)) - before) / mebibyte;
    report(`256 MiB of one event without an end: the proxy grows by ${growth.toFixed(0)} MiB`);
    expect(growth).toBeLessThan(128);
  });

  it("afterwards · the gateway serves as before", async () => {
    const { apiKey } = await stack.createWorkspace();
    expect(await client.call({ apiKey, body: chat("mock-fast") })).toMatchObject({ status: 200 });
  });
});
