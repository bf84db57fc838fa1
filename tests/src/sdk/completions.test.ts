import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Stack, startStack } from "../harness/stack.ts";
import { matrixProviders } from "./compatibility/providers.ts";
import { directClient, gatewayClient, thrownBy } from "./openai-clients.ts";

const passing = matrixProviders.filter(({ name }) => ["openai", "azure", "openai-compatible"].includes(name));
const lacking = matrixProviders.filter((provider) => !passing.includes(provider));
const models = ["mock?chunks=7", "mock?chunks=9&cut=3"];
const asked = { model: "mock?chunks=7", prompt: "Once upon a time" };

let stack: Stack;
const apiKeys = new Map<string, string>();

beforeAll(async () => {
  stack = await startStack({ threads: 1 });
  for (const { name, path } of matrixProviders) {
    const providerKeys = [{ provider: name, base_url: `${stack.mockUrl}${path}`, models }];
    apiKeys.set(name, (await stack.createWorkspace({ providerKeys })).apiKey);
  }
});
afterAll(() => stack?.[Symbol.asyncDispose]());

async function all<Chunk>(stream: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const client = (name: string) => gatewayClient(stack, apiKeys.get(name) ?? "");

describe.concurrent.each(passing)("completions from $name", ({ name }) => {
  it("whole · the same answer as without a gateway, and its row", async () => {
    const { data, response } = await client(name).completions.create(asked).withResponse();
    expect(data).toEqual(await directClient(stack).completions.create(asked));
    expect(await stack.rows.find(response.headers.get("x-request-id") ?? "")).toMatchObject({
      endpoint: "/v1/completions",
      provider: name,
      status_code: 200,
      streamed: false,
      usage_estimated: false,
      input_tokens: data.usage?.prompt_tokens,
      output_tokens: 7,
    });
  });

  it("streamed · the same text, no usage that was not asked for, and the same row", async () => {
    const whole = await directClient(stack).completions.create(asked);
    const { data, response } = await client(name)
      .completions.create({ ...asked, stream: true })
      .withResponse();
    const chunks = await all(data);
    expect(chunks.map(({ choices }) => choices[0]?.text).join("")).toBe(whole.choices[0]?.text);
    expect(chunks.filter(({ usage }) => usage)).toEqual([]);
    expect(await stack.rows.find(response.headers.get("x-request-id") ?? "")).toMatchObject({
      streamed: true,
      usage_estimated: false,
      input_tokens: whole.usage?.prompt_tokens,
      output_tokens: 7,
    });
  });

  it("a stream that breaks off · an error, never as if it were complete", async () => {
    const data = await client(name).completions.create({
      model: "mock?chunks=9&cut=3",
      prompt: "Once",
      stream: true,
    });
    await expect(all(data)).rejects.toThrow();
  });
});

describe.each(lacking)("completions from $name", ({ name }) => {
  it("it has none · 404 says so", async () => {
    const refused = await thrownBy(() => client(name).completions.create(asked));
    expect(refused).toMatchObject({ class: "NotFoundError", code: "model_not_found", param: "model" });
    expect(refused.message).toContain("offers completions for the model");
  });
});
