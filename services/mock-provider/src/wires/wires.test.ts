import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startForTest, type TestMock } from "../testing/start-for-test.ts";
import type { WireName } from "./requests.ts";

/** The same request in each wire's words: with a tool and its result, and with a schema for the answer. */

const schema = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "array", items: { type: "integer" } } },
};
const model = "test?tool_calls=1";
const functions = [{ type: "function", function: { name: "weather", parameters: schema } }];
const jsonSchema = { type: "json_schema", json_schema: { name: "answer", schema } };
const question = { role: "user", content: "Sunny?" };
const called = { name: "weather", arguments: "{}" };
const callMessage = {
  role: "assistant",
  tool_calls: [{ id: "123456789", type: "function", function: called }],
};
const toolMessage = { role: "tool", tool_call_id: "123456789", content: "sunny" };
const contents = [{ role: "user", parts: [{ text: "Sunny?" }] }];

type WireCalls = {
  path: string;
  first: object;
  second: object;
  /** The second turn with a result that belongs to no call. */
  stray: object;
  forced: object;
  structured: object;
};

const calls: Record<WireName, WireCalls> = {
  openai: openAiShaped("/v1/chat/completions", "required", jsonSchema),
  mistral: openAiShaped("/mistral/v1/chat/completions", "any", jsonSchema),
  cohere: openAiShaped("/v2/chat", "REQUIRED", { type: "json_object", json_schema: schema }),
  anthropic: anthropicCalls(),
  google: googleCalls(),
};

function openAiShaped(path: string, must: string, format: object): WireCalls {
  const first = { model, messages: [question], tools: functions };
  const second = { ...first, messages: [question, callMessage, toolMessage] };
  return {
    path,
    first,
    second,
    stray: { ...first, messages: [question, callMessage, { ...toolMessage, tool_call_id: "987654321" }] },
    forced: { ...second, tool_choice: must },
    structured: { model, messages: [question], response_format: format },
  };
}

function anthropicCalls(): WireCalls {
  const use = {
    role: "assistant",
    content: [{ type: "tool_use", id: "toolu_1", name: "weather", input: {} }],
  };
  const result = (id: string) => ({
    role: "user",
    content: [{ type: "tool_result", tool_use_id: id, content: "sunny" }],
  });
  const common = { model, max_tokens: 99, messages: [question] };
  const first = { ...common, tools: [{ name: "weather", input_schema: schema }] };
  const second = { ...first, messages: [question, use, result("toolu_1")] };
  return {
    path: "/v1/messages",
    first,
    second,
    stray: { ...first, messages: [question, use, result("toolu_2")] },
    forced: { ...second, tool_choice: { type: "any" } },
    structured: { ...common, output_config: { format: { type: "json_schema", schema } } },
  };
}

function googleCalls(): WireCalls {
  const call = { role: "model", parts: [{ functionCall: { name: "weather", args: {} } }] };
  const result = (name: string) => ({
    role: "user",
    parts: [{ functionResponse: { name, response: { result: "sunny" } } }],
  });
  const first = { contents, tools: [{ functionDeclarations: [{ name: "weather", parameters: schema }] }] };
  const second = { ...first, contents: [...contents, call, result("weather")] };
  return {
    path: `/v1beta/models/${encodeURIComponent(model)}:generateContent`,
    first,
    second,
    stray: { ...first, contents: [...contents, call, result("tide")] },
    forced: { ...second, toolConfig: { functionCallingConfig: { mode: "ANY" } } },
    structured: { contents, generationConfig: { responseSchema: schema } },
  };
}

/** Where each wire names the tool that an answer calls. */
const callOf = /"name": ?"weather"/;

let mock: TestMock;
beforeAll(async () => {
  mock = await startForTest();
});
afterAll(() => mock[Symbol.asyncDispose]());

describe.each(Object.entries(calls))("%s", (_, { path, first, second, stray, forced, structured }) => {
  const text = async (body: object) => (await mock.post(path, body)).text();

  it("tools · called once, and again after the result only when that is asked for", async () => {
    expect(await text(first)).toMatch(callOf);
    expect(await text(second)).not.toMatch(callOf);
    expect(await text(forced)).toMatch(callOf);
  });

  it("result of a tool that was not called · 400", async () => {
    const answer = await mock.post(path, stray);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("answers no preceding tool call");
  });

  it("schema for the answer · the text is an object that fits it", async () => {
    const fitting = /\{\\"city\\":\\"\w+\\",\\"days\\":\[\d+\]\}/;
    expect(await text(structured)).toMatch(fitting);
  });
});

it("mistral's tool calls · have ids of nine letters and digits", async () => {
  const long = { ...callMessage, tool_calls: [{ ...callMessage.tool_calls[0], id: "call_12345678" }] };
  const result = { ...toolMessage, tool_call_id: "call_12345678" };
  const answer = await mock.post(calls.mistral.path, { model, messages: [question, long, result] });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain("length of 9");
});
