import { hash } from "node:crypto";
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonType } from "../harness/scripted-answer.ts";
import { startScriptedUpstream } from "../harness/scripted-upstream.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import type { TestWorkspace } from "../harness/workspace.ts";
import { type MatrixProvider, matrixProviders } from "./compatibility/providers.ts";
import { directClient, gatewayClient, thrownBy } from "./openai-clients.ts";

const texts = ["The sea is calm.", "Ein zweiter Satz, längst nicht so ruhig.", ""];
const models = [
  "mock",
  "mock?usage=none",
  "mock?status=429&retry_after=30",
  "mock?status=400&error_message=Too%20long.",
];

let stack: Stack;
/** One workspace for each provider, with the name of its only provider key. */
const workspaces = new Map<string, TestWorkspace>();

beforeAll(async () => {
  stack = await startStack({ threads: 1 });
  for (const provider of matrixProviders) {
    const key = { provider: provider.name, base_url: `${stack.mockUrl}${provider.path}`, models };
    workspaces.set(provider.name, await stack.createWorkspace({ providerKeys: [key] }));
  }
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const offering = matrixProviders.filter(({ name }) => name !== "anthropic");
const translated = offering.filter(({ name }) => ["google", "cohere", "mistral"].includes(name));

function client({ name }: Pick<MatrixProvider, "name">): OpenAI {
  return gatewayClient(stack, workspaces.get(name)?.apiKey ?? "");
}

type Asked = Omit<OpenAI.EmbeddingCreateParams, "model" | "input"> & { model?: string; input?: string[] };

/** The vectors as the SDK hands them over, with the row of the request. */
async function embed(sdk: OpenAI, { model = "mock", input = texts, ...asked }: Asked = {}) {
  const { data, response } = await sdk.embeddings.create({ model, input, ...asked }).withResponse();
  return {
    answer: data,
    vectors: data.data.map(({ embedding }) => embedding),
    requestId: response.headers.get("x-request-id") ?? "",
  };
}

describe.concurrent.each(offering)("embeddings from $name", (provider) => {
  it("numbers and base64 · the vectors that the provider itself gives, in order", async () => {
    const direct = await embed(directClient(stack), { encoding_format: "float" });
    const floats = await embed(client(provider), { encoding_format: "float" });
    expect(floats.vectors).toEqual(direct.vectors);
    // Without a word the SDK asks for base64 and makes numbers of it.
    const unasked = await embed(client(provider));
    expect(unasked.vectors.map((vector) => [...vector])).toEqual(direct.vectors);
    const encoded = await embed(client(provider), { encoding_format: "base64" });
    expect(encoded.vectors).toEqual(
      direct.vectors.map((vector) => Buffer.from(new Float32Array(vector).buffer).toString("base64")),
    );
    expect(floats.answer).toMatchObject({
      object: "list",
      model: "mock",
      data: texts.map((_, index) => ({ object: "embedding", index })),
      usage: direct.answer.usage,
    });
  });

  it("the log row · the endpoint, the provider's count of the input, and no output", async () => {
    const { answer, requestId } = await embed(client(provider));
    expect(await stack.rows.find(requestId)).toMatchObject({
      endpoint: "/v1/embeddings",
      provider: provider.name,
      status_code: 200,
      streamed: false,
      usage_estimated: false,
      input_tokens: answer.usage.prompt_tokens,
      output_tokens: 0,
    });
  });

  it("dimensions · as many numbers as asked for", async () => {
    const { vectors } = await embed(client(provider), { dimensions: 5 });
    expect(vectors.map(({ length }) => length)).toEqual([5, 5, 5]);
  });

  it("a provider that does not count · the row has an estimate and says so", async () => {
    const { requestId } = await embed(client(provider), { model: "mock?usage=none" });
    const row = await stack.rows.find(requestId);
    expect(row).toMatchObject({ usage_estimated: true, output_tokens: 0 });
    expect(row.input_tokens).toBeGreaterThan(0);
  });

  it.each([
    [{ model: "mock?status=429&retry_after=30" }, { class: "RateLimitError", status: 429 }],
    [{ model: "mock?status=400&error_message=Too%20long." }, { class: "BadRequestError", status: 400 }],
    [{ model: "no-such-model" }, { class: "NotFoundError", code: "model_not_found", param: "model" }],
    [{ input: [] }, { class: "BadRequestError", code: "invalid_request", param: "input" }],
    [{ dimensions: 0 }, { class: "BadRequestError", code: "invalid_request", param: "dimensions" }],
  ])("%j · %j", async (asked, expected) => {
    expect(await thrownBy(() => embed(client(provider), asked))).toMatchObject(expected);
  });
});

it("the largest batch · 2,048 vectors of 3,072 numbers in base64 pass byte for byte", async () => {
  const { apiKey } = await stack.createWorkspace();
  const input = Array.from({ length: 2_048 }, (_, index) => `text ${index}`);
  const model = "mock?key=largest";
  const answer = await gatewayClient(stack, apiKey)
    .embeddings.create({ model, input, dimensions: 3_072, encoding_format: "base64" })
    .asResponse();
  const body = Buffer.from(await answer.arrayBuffer());
  expect(body.length).toBeGreaterThan(2_048 * 3_072 * 4 * (4 / 3));
  expect(await stack.mock.records(model)).toMatchObject([{ response_sha256: hash("sha256", body) }]);
});

describe("embeddings that a provider cannot give", () => {
  it.each(translated)("$name · tokens of another tokeniser are refused", async (provider) => {
    const call = () => client(provider).embeddings.create({ model: "mock", input: [[1, 2, 3]] });
    expect(await thrownBy(call)).toMatchObject({ code: "unsupported_value", param: "input", status: 400 });
  });

  it("openai · tokens go through", async () => {
    const input = [[1, 2, 3]];
    const { data } = await client({ name: "openai" }).embeddings.create({ model: "mock", input });
    expect(data).toHaveLength(1);
  });

  it.each([
    ["google", 100],
    ["cohere", 96],
  ] as const)("%s · %i texts at once and no more", async (name, most) => {
    const input = Array.from({ length: most }, (_, index) => `text ${index}`);
    const { vectors } = await embed(client({ name }), { input });
    const direct = await embed(directClient(stack), { input });
    expect(vectors).toEqual(direct.vectors);
    const refused = await thrownBy(() => embed(client({ name }), { input: [...input, "one more"] }));
    expect(refused).toMatchObject({ code: "unsupported_value", param: "input", status: 400 });
    expect(refused.message).toContain(`at most ${most} texts`);
  });

  it("anthropic · 404 says that nobody offers embeddings for the model", async () => {
    const refused = await thrownBy(() => embed(client({ name: "anthropic" })));
    expect(refused).toMatchObject({ class: "NotFoundError", code: "model_not_found", param: "model" });
    expect(refused.message).toContain("offers embeddings for the model 'mock'");
  });

  it("a provider key before one that can · is passed over, and the row says why", async () => {
    const { apiKey } = await stack.createWorkspace({
      providerKeys: [
        { provider: "anthropic", base_url: `${stack.mockUrl}/v1`, models, priority: 1 },
        { provider: "cohere", base_url: stack.mockUrl, models, priority: 2 },
      ],
    });
    const { requestId } = await embed(gatewayClient(stack, apiKey));
    const row = await stack.rows.find(requestId);
    expect(row).toMatchObject({ provider: "cohere", status_code: 200 });
    expect(row.attempts).toHaveLength(1);
    expect(row.plan).toMatchObject([
      { verdict: "skipped", reason: "the provider does not offer this" },
      { verdict: "target" },
    ]);
  });

  it("a server that knows no base64 · the gateway encodes its numbers, and the SDK reads them", async () => {
    await using upstream = await startScriptedUpstream();
    const body = JSON.stringify({ object: "list", data: [{ index: 0, embedding: [0.5, -2] }], model: "own" });
    const base_url = upstream.serve(({ write }) =>
      write(`HTTP/1.1 200 OK\r\n${jsonType}\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
    );
    const { apiKey } = await stack.createWorkspace({
      providerKeys: [{ provider: "openai-compatible", base_url }],
    });
    const { vectors } = await embed(gatewayClient(stack, apiKey), { input: ["one"] });
    expect(vectors.map((vector) => [...vector])).toEqual([[0.5, -2]]);
  });
});

describe("embeddings and the gateway's own answers", () => {
  it("x-perpetuo-explain · the plan, and the input alone is reserved", async () => {
    const answer = await fetch(`${stack.proxyUrl}/v1/embeddings`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${workspaces.get("google")?.apiKey}`,
        "content-type": "application/json",
        "x-perpetuo-explain": "1",
      },
      body: JSON.stringify({ model: "mock", input: "0123456789" }),
    });
    expect(await answer.json()).toMatchObject({
      object: "perpetuo.explanation",
      targets: [{ provider: "google", upstream_model: "mock" }],
      estimated_input_tokens: 4,
      reserved_tokens: 4,
    });
  });

  it("the price · is that of the input, and the catalogue's", async () => {
    const model = "text-embedding-3-large";
    const { apiKey } = await stack.createWorkspace({
      providerKeys: [{ provider: "openai", base_url: `${stack.mockUrl}/v1` }],
    });
    const { requestId } = await embed(gatewayClient(stack, apiKey), {
      model,
      input: ["word ".repeat(8_000)],
    });
    const row = await stack.rows.find(requestId);
    expect(row.input_tokens).toBeGreaterThan(10_000);
    // 13 cents a million tokens.
    expect(row.cost_micros).toBe(Math.ceil(row.input_tokens * 0.13));
  });

  it("tokens a minute · are reserved for the input alone, and what is too much is refused", async () => {
    const { apiKey } = await stack.createWorkspace({ apiKeys: [{ limits: { tokens_per_minute: 100 } }] });
    const sdk = gatewayClient(stack, apiKey);
    const { vectors } = await embed(sdk, { input: ["x".repeat(200)] });
    expect(vectors).toHaveLength(1);
    expect(await thrownBy(() => embed(sdk, { input: ["x".repeat(400)] }))).toMatchObject({
      class: "RateLimitError",
      code: "rate_limit_exceeded",
    });
  });

  it("an unknown path · 404 names what is served", async () => {
    const answer = await fetch(`${stack.proxyUrl}/v1/embedding`, { method: "POST", body: "{}" });
    expect(answer.status).toBe(404);
    const { error } = (await answer.json()) as { error: { message: string } };
    expect(error.message).toContain("POST /v1/embeddings");
    expect(error.message).toContain("POST /v1/completions");
  });
});
