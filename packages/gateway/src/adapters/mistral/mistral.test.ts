import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeAnswer, decodeEvents, encodeWith, hello, refusalOf } from "../../chat/encode.test-fixture.ts";
import { mistralChat, mistralWire } from "./index.ts";
import { toMistralToolId } from "./tool-ids.ts";

const encode = encodeWith(mistralChat);

describe("toMistralToolId", () => {
  test("its own ids · stay", () => {
    expect(toMistralToolId("gSIMJiOkT")).toBe("gSIMJiOkT");
  });

  test("any other id · nine letters and digits, the same each time, and another one for another id", () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.uuid(),
          fc.nat().map((n) => `call_${n}`),
        ),
        (id) => {
          const short = toMistralToolId(id);
          expect(short).toMatch(/^[a-zA-Z0-9]{9}$/);
          expect(toMistralToolId(id)).toBe(short);
          expect(seen.get(short) ?? id).toBe(id);
          seen.set(short, id);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

describe("encodeRequest", () => {
  test("names that differ · are the provider's", () => {
    expect(
      encode({ max_completion_tokens: 5, seed: 7, tool_choice: "required", tools: [], temperature: 0.5 }),
    ).toEqual({
      model: "upstream-model",
      messages: [{ role: "user", content: "hi" }],
      stream: false,
      max_tokens: 5,
      random_seed: 7,
      tool_choice: "any",
      tools: [],
      temperature: 0.5,
    });
  });

  test("a stream · asks for no usage chunk, which comes unasked", () => {
    const encoded = encode({ stream: true, stream_options: { include_usage: true } });
    expect(encoded["stream"]).toBe(true);
    expect(encoded).not.toHaveProperty("stream_options");
  });

  test("a conversation with another provider's calls · their ids are changed alike on both sides", () => {
    const call = { id: "call_1", type: "function", function: { name: "a", arguments: "{}" } };
    const image = { type: "image_url", image_url: { url: "https://a.example/b.png" } };
    const id = toMistralToolId("call_1");
    const messages = [
      { role: "developer", content: "be brief" },
      { role: "user", content: [{ type: "text", text: "look" }, image] },
      { role: "assistant", content: null, refusal: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "call_1", content: "sun" },
      { role: "assistant", content: "It", prefix: true },
    ];
    expect(encode({ messages })["messages"]).toEqual([
      { role: "system", content: "be brief" },
      {
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "image_url", image_url: "https://a.example/b.png" },
        ],
      },
      { role: "assistant", content: "", tool_calls: [{ ...call, id }] },
      { role: "tool", tool_call_id: id, content: "sun" },
      { role: "assistant", content: "It", prefix: true },
    ]);
  });

  test.each([
    [{ n: 2 }, "n"],
    [{ logit_bias: { "1": 1 } }, "logit_bias"],
    [
      { messages: [...hello, { role: "user", content: [{ type: "input_audio", input_audio: {} }] }] },
      "messages[1].content[0]",
    ],
  ])("%j · refused, naming %s", (fields, param) => {
    expect(refusalOf(() => encode(fields))).toEqual({ code: "unsupported_value", param });
  });
});

describe("answers", () => {
  test("content in parts, arguments as an object · text, reasoning and a text of arguments", () => {
    const content = [
      { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
      { type: "text", text: "a" },
    ];
    const tool_calls = [{ id: "gSIMJiOkT", function: { name: "w", arguments: { a: 1 } } }];
    const { answer } = decodeAnswer(mistralChat, {
      choices: [{ message: { content, tool_calls }, finish_reason: "tool_calls" }],
    });
    expect(answer.choices[0].message).toMatchObject({
      content: "a",
      reasoning_content: "hm",
      tool_calls: [{ id: "gSIMJiOkT", type: "function", function: { name: "w", arguments: '{"a":1}' } }],
    });
  });

  test.each([
    ["stop", "stop", null],
    ["model_length", "length", null],
    ["error", "stop", "error"],
    [undefined, "stop", "undefined"],
  ])("finish_reason %s · %s, error %s", (finish_reason, reason, word) => {
    const choices = [{ message: { content: "a" }, finish_reason }];
    const { answer, error } = decodeAnswer(mistralChat, { choices });
    expect(answer.choices[0].finish_reason).toBe(reason);
    if (word === null) expect(error).toBeNull();
    else expect(error).toContain(word);
  });

  test("calls without index, then pieces without id or name · each has its place", () => {
    const chunk = (tool_calls: object[], finish_reason: string | null = null) => ({
      choices: [{ delta: { tool_calls }, finish_reason }],
    });
    const { deltas, isDone } = decodeEvents(mistralChat, [
      chunk([{ id: "aaaaaaaaa", function: { name: "x", arguments: '{"a"' } }]),
      chunk([{ function: { name: "", arguments: ":1}" } }]),
      chunk([{ id: "bbbbbbbbb", function: { name: "y", arguments: "{}" } }], "tool_calls"),
    ]);
    const begun = (index: number, id: string, name: string) => ({
      tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }],
    });
    const piece = (index: number, text: string) => ({
      tool_calls: [{ index, function: { arguments: text } }],
    });
    expect(deltas).toEqual([
      { role: "assistant", content: "" },
      begun(0, "aaaaaaaaa", "x"),
      piece(0, '{"a"'),
      piece(0, ":1}"),
      begun(1, "bbbbbbbbb", "y"),
      piece(1, "{}"),
      {},
    ]);
    expect(isDone).toBe(true);
  });
});

test.each([
  [400, '{"object":"error","message":"bad id","code":"3280"}', "bad id"],
  [401, '{"error":{"message":"no key"}}', "no key"],
  [422, '{"detail":[{"loc":["body","messages"],"msg":"field required"}]}', "body.messages: field required"],
  [422, '{"detail":"no"}', "no"],
  [500, "<html>", "the provider answered 500"],
])("classifyError · %i %s", (status, body, message) => {
  expect(mistralWire.classifyError({ status, headers: {}, body: Buffer.from(body) }).message).toBe(message);
});
