import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FailingUpstream, startFailingUpstream } from "../harness/failing-upstream.ts";
import { createGatewayClient, type GatewayClient, headerOf } from "../harness/gateway-client.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import type { ProviderKeyPlan, TestWorkspace } from "../harness/workspace.ts";

/** What an Anthropic client finds beside the messages themselves, and messages across vendors. */

let stack: Stack;
let client: GatewayClient;
let mixed: TestWorkspace;
let overloaded: FailingUpstream;
const models = {
  counted: "mock?chunks=3&key=counted",
  estimated: "mock?chunks=3&key=estimated",
  limited: "gpt",
};
const across = "mock?chunks=3&latency=1";

beforeAll(async () => {
  stack = await startStack({ threads: 1 });
  client = createGatewayClient(stack.proxyUrl);
  overloaded = await startFailingUpstream(stack.mockUrl);
  // Anthropic's credential is in a header that this upstream does not read.
  overloaded.refuse("", { status: 529 });
  const anthropic: ProviderKeyPlan = {
    provider: "anthropic",
    base_url: `${stack.mockUrl}/v1`,
    models: [models.counted],
  };
  const openai: ProviderKeyPlan = {
    provider: "openai",
    base_url: `${stack.mockUrl}/v1`,
    models: [models.estimated, models.limited],
  };
  mixed = await stack.createWorkspace({
    providerKeys: [anthropic, openai],
    apiKeys: [{}, { limits: { requests_per_minute: 1, tokens_per_minute: 1 } }],
  });
});
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await overloaded?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

const version = { "anthropic-version": "2023-06-01" };
const ask = (model: string, members: object = {}): object => ({
  model,
  max_tokens: 100,
  messages: [{ role: "user", content: "Say something." }],
  ...members,
});
const count = (body: object, apiKey = mixed.apiKey) =>
  client.call({ apiKey, body, headers: version, path: "/v1/messages/count_tokens" });
const bodyOf = ({ body }: { body: Buffer }) => JSON.parse(body.toString());

describe("/v1/messages/count_tokens", () => {
  it("of a model of Anthropic's · is the provider's number, costs nothing, and has a row", async () => {
    const { max_tokens: _, ...body } = ask(models.counted) as Record<string, unknown>;
    const answer = await count(body);
    const message = await client.call({
      apiKey: mixed.apiKey,
      body: ask(models.counted),
      path: "/v1/messages",
    });
    expect(bodyOf(answer)).toEqual({ input_tokens: bodyOf(message).usage.input_tokens });
    const [record] = (await stack.mock.records(models.counted)).filter(({ path }) =>
      path.endsWith("count_tokens"),
    );
    expect(record).toMatchObject({ path: "/v1/messages/count_tokens", carries_api_key: false });
    expect(await stack.rows.find(headerOf(answer.headers, "x-request-id") ?? "")).toMatchObject({
      endpoint: "/v1/messages/count_tokens",
      status_code: 200,
      provider: "anthropic",
      input_tokens: 0,
      output_tokens: 0,
      cost_micros: 0,
      usage_estimated: false,
    });
  });

  it("of another model · is an estimate, for which nobody is called", async () => {
    const short = await count(ask(models.estimated));
    const long = await count(ask(models.estimated, { system: "x".repeat(3_000) }));
    expect(bodyOf(long).input_tokens - bodyOf(short).input_tokens).toBeGreaterThanOrEqual(1_000);
    expect(await stack.mock.records(models.estimated)).toEqual([]);
    expect(await stack.rows.find(headerOf(short.headers, "x-request-id") ?? "")).toMatchObject({
      status_code: 200,
      provider: null,
      input_tokens: 0,
      cost_micros: 0,
    });
  });

  it("takes one from the requests a minute, and nothing from the tokens", async () => {
    const apiKey = mixed.apiKeys[1]?.text ?? "";
    expect((await count(ask(models.limited), apiKey)).status).toBe(200);
    const refused = await count(ask(models.limited), apiKey);
    expect([refused.status, bodyOf(refused).error.type]).toEqual([429, "rate_limit_error"]);
    expect(headerOf(refused.headers, "retry-after")).toMatch(/^\d+$/);
  });

  it("of a model that nobody serves, and with a wrong key · Anthropic's envelope", async () => {
    const unknown = await count(ask("unheard-of"));
    expect([unknown.status, bodyOf(unknown).error.type]).toEqual([404, "not_found_error"]);
    const wrong = await count(ask(models.counted), "pk_wrong");
    expect([wrong.status, bodyOf(wrong).error.type]).toEqual([401, "authentication_error"]);
  });
});

describe("/v1/models", () => {
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${stack.proxyUrl}${path}`, {
      headers: { authorization: `Bearer ${mixed.apiKey}`, ...headers },
    });
    return { status: answer.status, headers: answer.headers, body: JSON.parse(await answer.text()) };
  };

  it("with anthropic-version · is Anthropic's list, page by page", async () => {
    const first = await get("/v1/models?limit=2", version);
    expect(first.body).toMatchObject({ has_more: true, first_id: first.body.data[0].id });
    expect(first.headers.get("request-id")).toBe(first.headers.get("x-request-id"));
    const rest = await get(`/v1/models?limit=2&after_id=${encodeURIComponent(first.body.last_id)}`, version);
    expect(rest.body.has_more).toBe(false);
    const ids = [...first.body.data, ...rest.body.data].map(({ id }: { id: string }) => id);
    expect(ids.toSorted()).toEqual(Object.values(models).toSorted());
    const one = await get("/v1/models/gpt", version);
    expect(one.body).toEqual({
      type: "model",
      id: "gpt",
      display_name: "gpt",
      created_at: expect.any(String),
    });
    const none = await get("/v1/models/unheard-of", version);
    expect([none.status, none.body.error.type]).toEqual([404, "not_found_error"]);
  });

  it("without it · is OpenAI's", async () => {
    const { body } = await get("/v1/models");
    expect(body.object).toBe("list");
    expect((await get("/v1/models/gpt")).body).toMatchObject({ id: "gpt", object: "model" });
    const none = await get("/v1/models/unheard-of");
    expect(none.body.error.code).toBe("model_not_found");
  });
});

it.each(["HEAD", "GET"])("%s /api/hello · 200 without a key", async (method) => {
  const answer = await fetch(`${stack.proxyUrl}/api/hello`, { method });
  expect(answer.status).toBe(200);
  await answer.text();
});

describe("messages across vendors", () => {
  it.each([false, true])(
    "Anthropic overloaded, streamed: %s · OpenAI's wire answers in Anthropic's words",
    async (stream) => {
      const failing = await stack.createWorkspace({
        providerKeys: [
          { provider: "anthropic", base_url: overloaded.baseUrl, models: [across] },
          { provider: "openai", base_url: `${stack.mockUrl}/v1`, models: [across] },
        ],
      });
      const answer = await client.call({
        apiKey: failing.apiKey,
        body: ask(across, { stream }),
        headers: version,
        path: "/v1/messages",
      });
      expect(answer.status).toBe(200);
      expect(headerOf(answer.headers, "x-perpetuo-provider")).toBe("openai");
      const text = answer.body.toString();
      if (stream) {
        expect(text).toMatch(/^event: message_start\n.*\n\nevent: ping\n/);
        expect(text).toMatch(/event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/);
      } else {
        expect(JSON.parse(text)).toMatchObject({ type: "message", stop_reason: "end_turn" });
      }
      const row = await stack.rows.find(headerOf(answer.headers, "x-request-id") ?? "");
      expect(row).toMatchObject({ endpoint: "/v1/messages", provider: "openai", output_tokens: 3 });
      expect(row.attempts.map(({ outcome }) => outcome)).toEqual(["failed", "ok"]);
    },
  );

  it("a dry run · tells the plan and calls nobody", async () => {
    const answer = await client.call({
      apiKey: mixed.apiKey,
      body: ask(models.limited),
      headers: { ...version, "x-perpetuo-explain": "1" },
      path: "/v1/messages",
    });
    expect(bodyOf(answer)).toMatchObject({
      requested_model: models.limited,
      targets: [{ provider: "openai" }],
    });
    expect(await stack.mock.records(models.limited)).toEqual([]);
  });

  it("what another provider cannot honour · 400 naming it, in Anthropic's words", async () => {
    const document = { type: "document", source: { type: "text", media_type: "text/plain", data: "x" } };
    const body = ask(models.estimated, { messages: [{ role: "user", content: [document] }] });
    const answer = await client.call({ apiKey: mixed.apiKey, body, headers: version, path: "/v1/messages" });
    expect(answer.status).toBe(400);
    expect(bodyOf(answer).error).toEqual({
      type: "invalid_request_error",
      message: expect.stringContaining("messages[0].content[0]"),
    });
  });
});
