import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGatewayClient, type GatewayClient, headerOf, sha256 } from "../harness/gateway-client.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import type { TestWorkspace } from "../harness/workspace.ts";

/** Anthropic's dialect on both sides: the gateway's client and its provider. */

let stack: Stack;
let client: GatewayClient;
let workspace: TestWorkspace;
const models = {
  text: "mock?chunks=5",
  long: "mock?chunks=2000",
  tools: "mock?tool_calls=2",
  limited: "mock?status=429&retry_after=7",
  overloaded: "mock?status=529",
  badKey: "mock?status=401",
  cut: "mock?chunks=9&cut=3",
  failing: "mock?chunks=9&cut=3&cut_manner=error",
  asItWas: "mock?chunks=1&key=as-it-was",
};

beforeAll(async () => {
  stack = await startStack({ threads: 1 });
  client = createGatewayClient(stack.proxyUrl);
  const key = {
    provider: "anthropic",
    base_url: `${stack.mockUrl}/v1`,
    models: Object.values(models),
  } as const;
  workspace = await stack.createWorkspace({ providerKeys: [key] });
});
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

const tool = { name: "weather", input_schema: { type: "object", properties: { city: { type: "string" } } } };
const ask = (model: string, members: object = {}): object => ({
  model,
  max_tokens: 4_000,
  messages: [{ role: "user", content: "Say something." }],
  ...members,
});

const head = { "anthropic-version": "2023-06-01", "anthropic-beta": "one-2025-01-01,two-2025-02-02" };

/** The mock's own bytes for a request that reaches it without the gateway. */
async function direct(body: object): Promise<Buffer> {
  const answer = await fetch(`${stack.mockUrl}/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": "sk-direct", "content-type": "application/json", ...head },
    body: JSON.stringify(body),
  });
  return Buffer.from(await answer.arrayBuffer());
}

const through = (body: unknown, headers: Record<string, string> = head, path = "/v1/messages") =>
  client.call({ apiKey: workspace.apiKey, body, headers, path });

describe("/v1/messages to Anthropic", () => {
  it.each([
    ["text", ask(models.text)],
    ["tools", ask(models.tools, { tools: [tool] })],
    ["text streamed", ask(models.text, { stream: true })],
    ["two thousand words streamed", ask(models.long, { stream: true })],
    ["tools streamed", ask(models.tools, { tools: [tool], stream: true })],
  ])("%s · the provider's bytes, metered", async (_name, body) => {
    const { status, body: bytes, headers } = await through(body);
    expect(status).toBe(200);
    expect(sha256(bytes)).toBe(sha256(await direct(body)));
    const row = await stack.rows.find(headerOf(headers, "x-request-id") ?? "");
    expect(row).toMatchObject({ endpoint: "/v1/messages", provider: "anthropic", usage_estimated: false });
    expect(row.output_tokens).toBeGreaterThan(0);
  });

  it("request · its bytes, its query and every anthropic header reach the provider, and no credential of the client's", async () => {
    const body = `{ "max_tokens":9, "messages" : [{"role":"user","content":"caf\\u00e9 \u{1f600}"}],\n "new_field":[1.0],"system":[{"type":"text","text":"b","cache_control":{"type":"ephemeral"}},{"type":"text","text":"a"}],"model":"${models.asItWas}"}`;
    const own = { ...head, "anthropic-new": "x", "x-other": "stays" };
    expect((await through(body, own, "/v1/messages?beta=true")).status).toBe(200);
    const [record] = await stack.mock.records(models.asItWas);
    expect(record?.body_sha256).toBe(sha256(body));
    expect(record?.carries_api_key).toBe(false);
    const sent = new Map(record?.headers);
    expect(Object.fromEntries([...sent].filter(([name]) => name.startsWith("anthropic-")))).toEqual({
      ...head,
      "anthropic-new": "x",
    });
    expect(sent.has("x-other")).toBe(false);
    expect(sent.has("authorization")).toBe(false);
  });

  it.each([
    ["a limit", models.limited, 429],
    ["an overload", models.overloaded, 529],
  ])("%s · the provider's own words and status", async (_name, model, status) => {
    const answer = await through(ask(model));
    expect(answer.status).toBe(status);
    expect(sha256(answer.body)).toBe(sha256(await direct(ask(model))));
    if (status === 429) expect(headerOf(answer.headers, "retry-after")).toBe("7");
  });

  it.each([
    { name: "of the gateway's own", body: ask(models.badKey), status: 502, type: "api_error" },
    {
      name: "for a body without messages",
      body: { model: models.text },
      status: 400,
      type: "invalid_request_error",
    },
    {
      name: "for a model that nobody serves",
      body: ask("unheard-of"),
      status: 404,
      type: "not_found_error",
    },
  ])(
    "an error $name · Anthropic's envelope, with the request's id in both headers",
    async ({ body, status, type }) => {
      const answer = await through(body);
      const id = headerOf(answer.headers, "x-request-id");
      expect(answer.status).toBe(status);
      expect(headerOf(answer.headers, "request-id")).toBe(id);
      expect(JSON.parse(answer.body.toString())).toEqual({
        type: "error",
        error: { type, message: expect.any(String) },
        request_id: id,
      });
    },
  );

  it("a wrong key, a wrong method, a wrong path below it · Anthropic's envelope", async () => {
    const wrong = await client.call({ apiKey: "pk_wrong", body: ask(models.text), path: "/v1/messages" });
    expect([wrong.status, JSON.parse(wrong.body.toString()).error.type]).toEqual([
      401,
      "authentication_error",
    ]);
    const got = await fetch(`${stack.proxyUrl}/v1/messages`);
    expect([got.status, JSON.parse(await got.text()).error.type]).toEqual([405, "invalid_request_error"]);
    const below = await through(ask(models.text), head, "/v1/messages/batches");
    expect([below.status, JSON.parse(below.body.toString()).error.type]).toEqual([404, "not_found_error"]);
  });

  it("x-api-key · is a credential like the bearer token", async () => {
    const answer = await fetch(`${stack.proxyUrl}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": workspace.apiKey, "content-type": "application/json" },
      body: JSON.stringify(ask(models.text)),
    });
    expect(answer.status).toBe(200);
    await answer.body?.cancel();
  });

  it("a stream that is cut · ends in an event named error, without message_stop, and the row says so", async () => {
    const { body, headers } = await through(ask(models.cut, { stream: true }));
    const id = headerOf(headers, "x-request-id") ?? "";
    const events = body.toString().trimEnd().split("\n\n");
    expect(events.at(-1)).toMatch(/^event: error\ndata: \{"type":"error","error":\{"type":"api_error",/);
    expect(events.at(-1)).toContain(`"request_id":"${id}"`);
    expect(body.toString()).not.toContain("message_stop");
    expect(await stack.rows.find(id)).toMatchObject({ status_code: 502, usage_estimated: true });
  });

  it("an error event of the provider · passes as it is", async () => {
    const body = ask(models.failing, { stream: true });
    expect(sha256((await through(body)).body)).toBe(sha256(await direct(body)));
  });
});
