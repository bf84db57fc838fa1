import { generateApiKey } from "@perpetuo/security/api-key";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Stack, startStack } from "../harness/stack.ts";
import { revokeApiKey, type TestWorkspace } from "../harness/workspace.ts";
import { directClient, gatewayClient, greeting, streamedChunks, thrownBy } from "./openai-clients.ts";

let stack: Stack;
let workspace: TestWorkspace;
beforeAll(async () => {
  stack = await startStack({
    environment: { PERPETUO_FIRST_BYTE_TIMEOUT_MS: "1000", PERPETUO_ANSWER_TIMEOUT_MS: "1000" },
  });
  workspace = await stack.createWorkspace();
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const ask = (client: OpenAI, model: string) => client.chat.completions.create({ model, messages: greeting });
const askStream = (client: OpenAI, model: string) => streamedChunks(client, { model, messages: greeting });

describe("official openai SDK: keys", () => {
  it.each([
    ["malformed", "sk-not-ours"],
    ["mistyped", "pk_000000000000000000000000000000000000000000000000"],
    ["unknown", generateApiKey().text],
  ])("%s key · AuthenticationError invalid_api_key", async (_, key) => {
    expect(await thrownBy(() => ask(gatewayClient(stack, key), "mock-fast"))).toMatchObject({
      class: "AuthenticationError",
      status: 401,
      code: "invalid_api_key",
    });
  });

  it("revoked key · AuthenticationError at once, although it was in use", async () => {
    const { apiKeys } = await stack.createWorkspace({ apiKeys: [{}] });
    const [key] = apiKeys;
    if (key === undefined) throw new Error("The workspace has an API key.");
    const client = gatewayClient(stack, key.text);
    await ask(client, "mock-fast");
    await revokeApiKey(stack.home, key.id);
    await vi.waitFor(async () => {
      const error = await thrownBy(() => ask(client, "mock-fast"));
      expect(error).toMatchObject({ class: "AuthenticationError", code: "invalid_api_key" });
    });
  });
});

describe("official openai SDK: provider errors", () => {
  it.each([
    ["mock?status=400&error_code=context_length_exceeded", "BadRequestError"],
    ["mock?status=404", "NotFoundError"],
    ["mock?status=422", "UnprocessableEntityError"],
    ["mock?status=429&retry_after=1", "RateLimitError"],
    ["mock?status=500", "InternalServerError"],
    ["mock?status=503", "InternalServerError"],
  ])("%s · the same %s as without a gateway", async (model, errorClass) => {
    const through = await thrownBy(() => ask(gatewayClient(stack, workspace.apiKey), model));
    expect(through.class).toBe(errorClass);
    expect(through).toEqual(await thrownBy(() => ask(directClient(stack), model)));
    // With a provider key of its own: the first one may be left alone for a while.
    const other = await stack.createWorkspace();
    expect(await thrownBy(() => askStream(gatewayClient(stack, other.apiKey), model))).toEqual(through);
  });

  it.each(["sk-bad-key", "sk-forbidden-key"])(
    "provider key %s · 502 upstream_auth, never 401",
    async (secret) => {
      const { apiKey } = await stack.createWorkspace({ providerKeys: [{ secret }] });
      const error = await thrownBy(() => ask(gatewayClient(stack, apiKey), "mock-fast"));
      expect(error).toMatchObject({ class: "InternalServerError", status: 502, code: "upstream_auth" });
      expect(error.message).not.toContain("sk-");
    },
  );

  it("error of the provider's second target · x-should-retry false stops the SDK's own retries", async () => {
    const { apiKey } = await stack.createWorkspace({ providerKeys: [{ priority: 1 }, { priority: 2 }] });
    const model = "mock?status=500&key=both-targets";
    const error = await thrownBy(() => ask(gatewayClient(stack, apiKey, { maxRetries: 2 }), model));
    expect(error.status).toBe(500);
    // Each target once, and one of them a second time: three calls in all, where the SDK's retries would make nine.
    expect(await stack.mock.records(model)).toHaveLength(3);
  });

  it("error of the sole target · three calls of the gateway's, none of the SDK's", async () => {
    const model = "mock?status=503&key=sole-target";
    const client = gatewayClient(stack, workspace.apiKey, { maxRetries: 2 });
    expect((await thrownBy(() => ask(client, model))).status).toBe(503);
    expect(await stack.mock.records(model)).toHaveLength(3);
  });

  it("provider that fails twice · the sole target answers within the same request", async () => {
    const { response } = await gatewayClient(stack, workspace.apiKey)
      .chat.completions.create({ model: "mock?fail_first=2&key=sole-recovers", messages: greeting })
      .withResponse();
    expect(response.headers.get("x-perpetuo-attempts")).toBe("3");
  });

  it("provider that fails once · the second target answers within the same request", async () => {
    const { apiKey } = await stack.createWorkspace({ providerKeys: [{ priority: 1 }, { priority: 2 }] });
    const { response } = await gatewayClient(stack, apiKey)
      .chat.completions.create({ model: "mock?fail_first=1&key=fallback", messages: greeting })
      .withResponse();
    expect(response.headers.get("x-perpetuo-attempts")).toBe("2");
    const row = await stack.rows.find(response.headers.get("x-request-id") ?? "");
    expect(row.attempts.map((attempt) => [attempt.outcome, attempt.status])).toEqual([
      ["failed", 503],
      ["ok", 200],
    ]);
  });

  it("error as the first event of a stream · an error before the stream begins", async () => {
    const model = "mock?first_event_error=1";
    const error = await thrownBy(() => askStream(gatewayClient(stack, workspace.apiKey), model));
    expect(error).toMatchObject({ class: "InternalServerError", status: 502, code: "upstream_error" });
  });
});

describe("official openai SDK: hanging and cut answers", () => {
  it.each([ask, askStream])("hang before the head · 504 upstream_timeout (%#)", async (call) => {
    const model = `mock?hang=head&key=${call.name}`;
    const error = await thrownBy(() => call(gatewayClient(stack, workspace.apiKey), model));
    expect(error).toMatchObject({ class: "InternalServerError", status: 504, code: "upstream_timeout" });
    await vi.waitFor(async () => {
      expect(await stack.mock.records(model)).toMatchObject([{ outcome: "client_closed" }]);
    });
  });

  it("hang longer than the SDK's patience · its own timeout error, and the provider's call is closed", async () => {
    const model = "mock?hang=head&key=impatient";
    const client = gatewayClient(stack, workspace.apiKey, { timeout: 200 });
    await expect(ask(client, model)).rejects.toThrow(OpenAI.APIConnectionTimeoutError);
    await vi.waitFor(async () => {
      expect(await stack.mock.records(model)).toMatchObject([{ outcome: "client_closed" }]);
    });
  });

  it.each(["reset", "end", "error"])(
    "stream cut by %s · the chunks, then an error that says so",
    async (manner) => {
      const client = gatewayClient(stack, workspace.apiKey);
      const { data, response } = await client.chat.completions
        .create({ model: `mock?cut=3&cut_manner=${manner}`, messages: greeting, stream: true })
        .withResponse();
      let seen = 0;
      const read = async () => {
        for await (const chunk of data) if (chunk.choices[0]?.delta.content) seen += 1;
      };
      await expect(read()).rejects.toThrow(OpenAI.APIError);
      expect(seen).toBe(3);
      const row = await stack.rows.find(response.headers.get("x-request-id") ?? "");
      expect(row).toMatchObject({ status_code: 502, usage_estimated: true, output_tokens: 3 });
    },
  );

  it("whole answer cut · 502, never a partial completion", async () => {
    const error = await thrownBy(() => ask(gatewayClient(stack, workspace.apiKey), "mock?cut=3"));
    expect(error.status).toBe(502);
  });
});
