import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Stack, startStack } from "../harness/stack.ts";
import type { TestWorkspace } from "../harness/workspace.ts";
import { matrixProviders } from "./compatibility/providers.ts";
import {
  type ChatParams,
  directClient,
  gatewayClient,
  greeting,
  streamedChunks,
  weatherTool,
} from "./openai-clients.ts";

let stack: Stack;
let workspace: TestWorkspace;
beforeAll(async () => {
  stack = await startStack({ threads: 2 });
  workspace = await stack.createWorkspace();
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const plain: ChatParams = { model: "mock?chunks=7", messages: greeting };
const withTools: ChatParams = { model: "mock?tool_calls=2", messages: greeting, tools: [weatherTool] };
const usageWanted = { stream_options: { include_usage: true } };

describe("official openai SDK", () => {
  it.each([
    ["text", plain],
    ["tools", withTools],
  ])("chat of %s · the same completion as without a gateway", async (_, params) => {
    const through = await gatewayClient(stack, workspace.apiKey).chat.completions.create(params);
    expect(through).toEqual(await directClient(stack).chat.completions.create(params));
  });

  it.each([
    ["text", plain],
    ["tools", withTools],
  ])("stream of %s with include_usage · the same chunks as without a gateway", async (_, params) => {
    const asked = { ...params, ...usageWanted };
    const through = await streamedChunks(gatewayClient(stack, workspace.apiKey), asked);
    expect(through).toEqual(await streamedChunks(directClient(stack), asked));
    expect(through.at(-1)?.usage?.completion_tokens).toBeGreaterThan(0);
  });

  it.each([
    ["text", plain],
    ["tools", withTools],
  ])("stream of %s without include_usage · no usage chunk, and the row has the usage", async (_, params) => {
    const direct = await streamedChunks(directClient(stack), { ...params, ...usageWanted });
    const { data, response } = await gatewayClient(stack, workspace.apiKey)
      .chat.completions.create({ ...params, stream: true })
      .withResponse();
    const through: typeof direct = [];
    for await (const chunk of data) through.push(chunk);
    expect(through).toEqual(direct.slice(0, -1));

    const row = await stack.rows.find(response.headers.get("x-request-id") ?? "");
    expect(row).toMatchObject({
      status_code: 200,
      streamed: true,
      usage_estimated: false,
      input_tokens: direct.at(-1)?.usage?.prompt_tokens,
      output_tokens: direct.at(-1)?.usage?.completion_tokens,
    });
  });

  it.each(matrixProviders)(
    "stream from $name without include_usage · no usage is shown",
    async (provider) => {
      const base_url = `${stack.mockUrl}${provider.path}`;
      const key = { provider: provider.name, base_url, models: [plain.model] };
      const { apiKey } = await stack.createWorkspace({ providerKeys: [key] });
      const chunks = await streamedChunks(gatewayClient(stack, apiKey), plain);
      expect(chunks.filter((chunk) => chunk.usage)).toEqual([]);
      expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
    },
  );

  it("stream helper · accumulates tool calls from their fragments", async () => {
    const runner = gatewayClient(stack, workspace.apiKey).chat.completions.stream(withTools);
    const message = (await runner.finalChatCompletion()).choices[0]?.message;
    const direct = await directClient(stack).chat.completions.create(withTools);
    expect(message?.tool_calls?.map((call) => call.type === "function" && call.function.arguments)).toEqual(
      direct.choices[0]?.message.tool_calls?.map(
        (call) => call.type === "function" && call.function.arguments,
      ),
    );
  });

  it("abort midway · the provider's call is closed and the row is 499 with the tokens seen", async () => {
    const model = "mock?chunks=endless&pace=5";
    const { data, response } = await gatewayClient(stack, workspace.apiKey)
      .chat.completions.create({ model, messages: greeting, stream: true })
      .withResponse();
    let seen = 0;
    for await (const chunk of data) {
      if (chunk.choices[0]?.delta.content) seen += 1;
      if (seen === 5) data.controller.abort();
    }
    await vi.waitFor(async () => {
      const [record] = await stack.mock.records(model);
      expect(record).toMatchObject({ outcome: "client_closed" });
    });
    const [record] = await stack.mock.records(model);
    const row = await stack.rows.find(response.headers.get("x-request-id") ?? "");
    expect(row).toMatchObject({ status_code: 499, usage_estimated: true });
    expect(row.input_tokens).toBeGreaterThan(0);
    expect(row.output_tokens).toBeGreaterThanOrEqual(seen);
    expect(row.output_tokens).toBeLessThanOrEqual(record?.content_tokens_sent ?? 0);
  });

  it("models.list · names what the key can call", async () => {
    const page = await gatewayClient(stack, workspace.apiKey).models.list();
    expect(page.object).toBe("list");
    for (const model of page.data) expect(model).toMatchObject({ object: "model" });
  });

  it("request id · the client's own is answered and logged", async () => {
    const requestId = `chosen-${Date.now()}`;
    const { response } = await gatewayClient(stack, workspace.apiKey)
      .chat.completions.create(plain, { headers: { "x-request-id": requestId } })
      .withResponse();
    expect(response.headers.get("x-request-id")).toBe(requestId);
    expect(await stack.rows.find(requestId)).toMatchObject({ status_code: 200, provider: "mock" });
  });

  it("credentials · the provider gets its own key and never the client's", async () => {
    await stack.mock.forget();
    await gatewayClient(stack, workspace.apiKey, { organization: "org-client" }).chat.completions.create(
      plain,
    );
    const [record] = await stack.mock.records();
    expect(record?.carries_api_key).toBe(false);
    expect(record?.headers.map(([name]) => name)).not.toContain("openai-organization");
  });
});
