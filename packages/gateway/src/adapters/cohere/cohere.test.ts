import { describe, expect, test } from "vitest";
import { decodeAnswer, decodeEvents, encodeWith, hello, refusalOf } from "../../chat/encode.test-fixture.ts";
import { cohereChat, cohereWire } from "./index.ts";

const encode = encodeWith(cohereChat);
const tool = (name: string, strict?: boolean) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: {} }, ...(strict ? { strict } : {}) },
});
const counts = {
  billed_units: { input_tokens: 7, output_tokens: 3 },
  tokens: { input_tokens: 50, output_tokens: 5 },
};

describe("encodeRequest", () => {
  test("the smallest request · the upstream's model and the turn", () => {
    expect(encode({})).toEqual({
      model: "upstream-model",
      messages: [{ role: "user", content: "hi" }],
      stream: false,
    });
  });

  test("sampling · under the provider's names", () => {
    const fields = { max_tokens: 5, temperature: 1.5, top_p: 0.5, seed: 7, stop: "a", presence_penalty: 1 };
    expect(encode(fields)).toMatchObject({
      max_tokens: 5,
      temperature: 1.5,
      p: 0.5,
      seed: 7,
      stop_sequences: ["a"],
      presence_penalty: 1,
    });
    expect(encode({ top_p: 1 })).not.toHaveProperty("p");
  });

  test("a conversation with tools and an image", () => {
    const call = { id: "c1", type: "function", function: { name: "a", arguments: "" } };
    const image = { type: "image_url", image_url: { url: "https://a.example/b.png", detail: "low" } };
    const messages = [
      { role: "developer", content: "be brief" },
      { role: "user", content: [{ type: "text", text: "look" }, image] },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: [{ type: "text", text: "sun" }] },
    ];
    expect(encode({ messages })["messages"]).toEqual([
      { role: "system", content: "be brief" },
      {
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "image_url", image_url: { url: "https://a.example/b.png" } },
        ],
      },
      {
        role: "assistant",
        tool_calls: [{ id: "c1", type: "function", function: { name: "a", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "c1", content: "sun" },
    ]);
  });

  test.each([
    ["auto", ["a", "b"], undefined],
    ["none", ["a", "b"], "NONE"],
    ["required", ["a", "b"], "REQUIRED"],
    [{ type: "function", function: { name: "b" } }, ["b"], "REQUIRED"],
  ])("tool_choice %j · of %j, %s", (tool_choice, names, expected) => {
    const encoded = encode({ tools: [tool("a"), tool("b", true)], tool_choice });
    expect((encoded["tools"] as { function: { name: string } }[]).map((one) => one.function.name)).toEqual(
      names,
    );
    expect(encoded["tool_choice"]).toBe(expected);
    expect(encoded["strict_tools"]).toBe(true);
  });

  test.each([
    [{ type: "json_object" }, { type: "json_object" }],
    [
      { type: "json_schema", json_schema: { name: "x", schema: { type: "object" } } },
      { type: "json_object", json_schema: { type: "object" } },
    ],
  ])("response_format %j · %j", (response_format, expected) => {
    expect(encode({ response_format })["response_format"]).toEqual(expected);
  });

  test.each([
    [{ top_p: 0 }, "top_p"],
    [{ presence_penalty: -1 }, "presence_penalty"],
    [{ frequency_penalty: 1.5 }, "frequency_penalty"],
    [{ n: 2 }, "n"],
    [{ tools: [tool("a")], response_format: { type: "json_object" } }, "response_format"],
    [{ tools: [tool("a")], tool_choice: { type: "function", function: { name: "z" } } }, "tool_choice"],
    [{ messages: [{ role: "user", content: [{ type: "file", file: {} }] }] }, "messages[0].content[0]"],
  ])("%j · refused, naming %s", (fields, param) => {
    expect(refusalOf(() => encode(fields))).toEqual({ code: "unsupported_value", param });
  });
});

describe("answers", () => {
  test("a whole one · plan and thought are reasoning; billed units are billed, tokens are shown", () => {
    const { answer, usage, error } = decodeAnswer(cohereChat, {
      id: "c1",
      message: {
        content: [
          { type: "thinking", thinking: "hm" },
          { type: "text", text: "a" },
        ],
        tool_plan: "I will",
        tool_calls: [{ id: "t1", type: "function", function: { name: "w", arguments: "{}" } }],
      },
      finish_reason: "TOOL_CALL",
      usage: { ...counts, cached_tokens: 48 },
    });
    expect(error).toBeNull();
    expect(usage).toMatchObject({ input_tokens: 7, cached_input_tokens: 0, output_tokens: 3 });
    expect(answer).toMatchObject({ id: "c1", model: "upstream-model" });
    expect(answer.usage).toMatchObject({
      prompt_tokens: 50,
      completion_tokens: 5,
      total_tokens: 55,
      prompt_tokens_details: { cached_tokens: 48 },
    });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { content: "a", reasoning_content: "hm\nI will", tool_calls: [{ id: "t1" }] },
    });
  });

  test.each([
    ["COMPLETE", "stop", null],
    ["STOP_SEQUENCE", "stop", null],
    ["MAX_TOKENS", "length", null],
    ["ERROR", "stop", "ERROR"],
    ["TIMEOUT", "stop", "TIMEOUT"],
  ])("finish_reason %s · %s, error %s", (finish_reason, reason, word) => {
    const { answer, error } = decodeAnswer(cohereChat, { message: { content: [] }, finish_reason });
    expect(answer.choices[0].finish_reason).toBe(reason);
    if (word === null) expect(error).toBeNull();
    else expect(error).toContain(word);
  });

  test("a stream · two calls in pieces, then the end with what is shown", () => {
    const piece = (index: number, text: string) => ({
      type: "tool-call-delta",
      index,
      delta: { message: { tool_calls: { function: { arguments: text } } } },
    });
    const begin = (index: number, id: string) => ({
      type: "tool-call-start",
      index,
      delta: { message: { tool_calls: { id, type: "function", function: { name: "w", arguments: "" } } } },
    });
    const { deltas, chunks, isDone, state } = decodeEvents(cohereChat, [
      { type: "message-start", id: "c1" },
      { type: "tool-plan-delta", delta: { message: { tool_plan: "I" } } },
      begin(0, "t1"),
      piece(0, '{"a":'),
      piece(0, "1}"),
      { type: "tool-call-end", index: 0 },
      begin(1, "t2"),
      piece(1, "{}"),
      { type: "citation-start", index: 0, delta: {} },
      { type: "message-end", delta: { finish_reason: "TOOL_CALL", usage: counts } },
    ]);
    expect(deltas).toEqual([
      { role: "assistant", content: "" },
      { reasoning_content: "I" },
      { tool_calls: [{ index: 0, id: "t1", type: "function", function: { name: "w", arguments: "" } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] },
      { tool_calls: [{ index: 0, function: { arguments: "1}" } }] },
      { tool_calls: [{ index: 1, id: "t2", type: "function", function: { name: "w", arguments: "" } }] },
      { tool_calls: [{ index: 1, function: { arguments: "{}" } }] },
      {},
    ]);
    expect(chunks.at(-1).usage).toMatchObject({ prompt_tokens: 50, completion_tokens: 5 });
    expect(state.usage).toMatchObject({ input_tokens: 7, output_tokens: 3 });
    expect(isDone).toBe(true);
  });

  test.each(["ERROR", "TIMEOUT"])("a stream that ends in %s · an error and no end", (finish_reason) => {
    const { state, isDone } = decodeEvents(cohereChat, [
      { type: "message-start", id: "c1" },
      { type: "message-end", delta: { finish_reason } },
    ]);
    expect(state.error?.message).toContain(finish_reason);
    expect(isDone).toBe(false);
  });
});

test.each([
  [498, '{"message":"invalid token"}', { advice: "credential", message: "invalid token" }],
  [429, '{"message":"slow down","id":"x"}', { advice: "next-target", message: "slow down" }],
  [422, "[]", { advice: "return", message: "the provider answered 422" }],
])("classifyError · %i %s · %j", (status, body, expected) => {
  const failure = cohereWire.classifyError({ status, headers: {}, body: Buffer.from(body) });
  expect(failure).toMatchObject(expected);
});

test("encodeRequest · leaves a conversation of one turn as it is", () => {
  expect(encode({ messages: hello })["messages"]).toEqual(hello);
});
