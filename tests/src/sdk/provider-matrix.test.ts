import type { PresetName } from "@perpetuo/contracts/presets";
import type { ProviderName } from "@perpetuo/contracts/providers";
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createMockClient } from "../harness/mock-client.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import {
  type ChatParams,
  gatewayClient,
  greeting,
  streamedChunks,
  thrownBy,
  weatherTool,
} from "./openai-clients.ts";

/** The official `openai` SDK through every provider's own wire, which the mock provider speaks. */

const models = {
  text: "mock?chunks=7",
  tools: "mock?tool_calls=2",
  cached: "mock?chunks=7&cached=3&reasoning=2",
  limited: "mock?status=429&retry_after=7",
  invalid: "mock?status=400",
  badKey: "mock?status=401",
  cut: "mock?chunks=9&cut=3",
  failing: "mock?chunks=9&cut=3&cut_manner=error",
  endless: "mock?chunks=endless&pace=5",
};

/** Where each provider's wire is on the mock, behind the port. */
const paths: Record<Exclude<ProviderName, "mock" | PresetName>, string> = {
  openai: "/v1",
  azure: "/v1",
  "openai-compatible": "/v1",
  anthropic: "/v1",
  google: "/v1beta",
  cohere: "",
  mistral: "/mistral/v1",
};
const providers = Object.keys(paths) as (keyof typeof paths)[];

let stack: Stack;
const clients = new Map<string, OpenAI>();

beforeAll(async () => {
  stack = await startStack({ threads: 1 });
  for (const provider of providers) {
    const base_url = `${stack.mockUrl}${paths[provider]}`;
    const key = { provider, base_url, models: Object.values(models) };
    const { apiKey } = await stack.createWorkspace({ providerKeys: [key] });
    clients.set(provider, gatewayClient(stack, apiKey));
  }
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const chat = (model: string, members: Partial<ChatParams> = {}): ChatParams => ({
  model,
  messages: greeting,
  ...members,
});

describe.each(providers)("openai SDK → %s", (provider) => {
  const client = () => clients.get(provider) as OpenAI;

  it("text · seven words, one choice, prompt and completion make the total", async () => {
    const { data, response } = await client().chat.completions.create(chat(models.text)).withResponse();
    expect(data).toMatchObject({ object: "chat.completion", choices: [{ finish_reason: "stop" }] });
    expect(data.choices[0]?.message.content?.trim().split(" ")).toHaveLength(7);
    expect(data.created).toBeGreaterThan(1_700_000_000);
    const usage = data.usage as OpenAI.CompletionUsage;
    expect(usage.prompt_tokens + usage.completion_tokens).toBe(usage.total_tokens);
    const row = await stack.rows.find(response.headers.get("x-request-id") ?? "");
    expect(row).toMatchObject({ status_code: 200, provider, output_tokens: 7, usage_estimated: false });
  });

  it("stream · the same text and usage as the whole answer, and the row bills the same", async () => {
    const whole = await client().chat.completions.create(chat(models.text)).withResponse();
    const streamed = await client()
      .chat.completions.create({
        ...chat(models.text),
        stream: true,
        stream_options: { include_usage: true },
      })
      .withResponse();
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of streamed.data) chunks.push(chunk);
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
    expect(text).toBe(whole.data.choices[0]?.message.content);
    expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean)).toEqual(["stop"]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 7 } });
    const rows = await Promise.all(
      [whole.response, streamed.response].map(({ headers }) =>
        stack.rows.find(headers.get("x-request-id") ?? ""),
      ),
    );
    expect(rows[1]?.input_tokens).toBe(rows[0]?.input_tokens);
    expect(rows[1]).toMatchObject({ output_tokens: 7, streamed: true });
  });

  it("stream without include_usage · no usage is shown", async () => {
    const chunks = await streamedChunks(client(), chat(models.text));
    expect(chunks.filter((chunk) => chunk.usage)).toEqual([]);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
  });

  it("two tools at once, then their results · arguments fit, streamed as whole, and the second turn is answered", async () => {
    const asked = chat(models.tools, { tools: [weatherTool] });
    const whole = await client().chat.completions.create(asked);
    const message = whole.choices[0]?.message as OpenAI.ChatCompletionMessage;
    const calls = message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
    expect(whole.choices[0]?.finish_reason).toBe("tool_calls");
    expect(calls.map((call) => Object.keys(JSON.parse(call.function.arguments)).sort())).toEqual([
      ["city", "days"],
      ["city", "days"],
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);

    const final = await client().chat.completions.stream(asked).finalChatCompletion();
    const streamed = final.choices[0]?.message.tool_calls as typeof calls;
    expect(streamed.map((call) => JSON.parse(call.function.arguments))).toEqual(
      calls.map((call) => JSON.parse(call.function.arguments)),
    );

    const results = calls.map(({ id }) => ({ role: "tool" as const, tool_call_id: id, content: "sunny" }));
    const messages = [...greeting, message, ...results];
    const second = await client().chat.completions.create(chat(models.text, { messages }));
    expect(second.choices[0]?.finish_reason).toBe("stop");
  });

  it("image and structured output · taken", async () => {
    const image = { type: "image_url" as const, image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
    const messages = [{ role: "user" as const, content: [{ type: "text" as const, text: "What?" }, image] }];
    const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
    const response_format = { type: "json_schema" as const, json_schema: { name: "x", schema } };
    const answer = await client().chat.completions.create(chat(models.text, { messages, response_format }));
    expect(answer.choices[0]?.message.content?.length).toBeGreaterThan(0);
  });

  it("a refusal · the status and message of the provider in OpenAI's envelope", async () => {
    expect(await thrownBy(() => client().chat.completions.create(chat(models.invalid)))).toMatchObject({
      class: "BadRequestError",
      status: 400,
      message: expect.stringContaining("could not parse"),
    });
    const limited = await thrownBy(() => client().chat.completions.create(chat(models.limited)));
    expect(limited).toMatchObject({ class: "RateLimitError", status: 429 });
  });

  it("a provider key that is refused · 502 upstream_auth, never a 401", async () => {
    const refused = await thrownBy(() => client().chat.completions.create(chat(models.badKey)));
    expect(refused).toMatchObject({ status: 502, code: "upstream_auth" });
  });

  it.each([models.cut, models.failing])("a stream that breaks off (%s) · the SDK throws", async (model) => {
    const seen: string[] = [];
    const error = await thrownBy(async () => {
      const stream = await client().chat.completions.create({ ...chat(model), stream: true });
      for await (const chunk of stream) seen.push(chunk.choices[0]?.delta.content ?? "");
    });
    expect(error.message.length).toBeGreaterThan(0);
    expect(seen.filter((text) => text !== "").length).toBeLessThanOrEqual(3);
  });

  it("abort · the provider's call is closed, and the row is 499 with what was seen", async () => {
    const { data, response } = await client()
      .chat.completions.create({ ...chat(models.endless), stream: true })
      .withResponse();
    let seen = 0;
    for await (const chunk of data) {
      if (chunk.choices[0]?.delta.content) seen += 1;
      if (seen === 5) data.controller.abort();
    }
    const row = await stack.rows.find(response.headers.get("x-request-id") ?? "");
    expect(row).toMatchObject({ status_code: 499, usage_estimated: true });
    expect(row.output_tokens).toBeGreaterThanOrEqual(seen);
    await vi.waitFor(async () => {
      const open = (await createMockClient(stack.mockUrl).records(models.endless)).filter(
        ({ outcome }) => outcome === "open",
      );
      expect(open).toEqual([]);
    });
  });
});

it.each(["anthropic", "google", "mistral"] as const)(
  "cached tokens of %s · are in the sum once, and named",
  async (provider) => {
    const client = clients.get(provider) as OpenAI;
    const { data, response } = await client.chat.completions.create(chat(models.cached)).withResponse();
    expect(data.usage?.prompt_tokens_details?.cached_tokens).toBe(3);
    const row = await stack.rows.find(response.headers.get("x-request-id") ?? "");
    expect(row.input_tokens).toBe(data.usage?.prompt_tokens);
  },
);
