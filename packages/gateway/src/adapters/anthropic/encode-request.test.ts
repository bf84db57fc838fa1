import { describe, expect, test } from "vitest";
import { encodeWith, hello, refusalOf } from "../../chat/encode.test-fixture.ts";
import { anthropicChat } from "./index.ts";

const encode = encodeWith(anthropicChat);

const image = (url: string) => ({ type: "image_url", image_url: { url } });
const toolCall = (text: string) => ({
  id: "call_1",
  type: "function",
  function: { name: "weather", arguments: text },
});
const weather = { type: "function", function: { name: "weather", parameters: { type: "object" } } };

describe("encodeRequest", () => {
  test("the smallest request · the upstream's model, the turn, and a limit that the wire requires", () => {
    expect(encode({})).toEqual({
      model: "upstream-model",
      max_tokens: 4_096,
      messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
    });
  });

  test.each([
    [{ max_tokens: 5 }, 9, 5],
    [{ max_completion_tokens: 6, max_tokens: 5 }, 9, 6],
    [{}, 9, 9],
    [{}, null, 4_096],
  ])("%j with a catalogue's limit of %j · max_tokens %i", (fields, catalogue, expected) => {
    expect(encode(fields, { maxOutputTokens: catalogue })["max_tokens"]).toBe(expected);
  });

  test("sampling, stop, user, stream · carried over", () => {
    expect(
      encode({ temperature: 1, top_p: 0.5, stop: "END", user: "u1", stream: true, n: 1, seed: null }),
    ).toMatchObject({
      temperature: 1,
      top_p: 0.5,
      stop_sequences: ["END"],
      metadata: { user_id: "u1" },
      stream: true,
    });
  });

  test("a model of fixed sampling · its defaults are nothing to say, and any other value is refused by name", () => {
    const options = { capabilities: ["chat", "fixed-sampling"] } as const;
    const encoded = encode({ temperature: 1, top_p: 0.99 }, options);
    expect([encoded["temperature"], encoded["top_p"]]).toEqual([undefined, undefined]);
    for (const fields of [{ temperature: 0 }, { temperature: 0.999 }, { top_p: 0.98 }]) {
      const [param] = Object.keys(fields);
      expect(refusalOf(() => encode(fields, options))).toEqual({ code: "unsupported_value", param });
      expect(encode(fields, { capabilities: ["chat"] })).toMatchObject(fields);
    }
  });

  test("instructions · the leading ones are the system's, a later one is told by the user", () => {
    const messages = [
      { role: "system", content: "a" },
      { role: "developer", content: [{ type: "text", text: "b" }] },
      { role: "user", content: "c" },
      { role: "system", content: "d" },
    ];
    expect(encode({ messages })).toMatchObject({
      system: [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "c" },
            { type: "text", text: "d" },
          ],
        },
      ],
    });
  });

  test("parallel tool calls and their results · one turn each, results as blocks of the user's", () => {
    const messages = [
      ...hello,
      {
        role: "assistant",
        content: null,
        tool_calls: [toolCall('{"city":"Oslo"}'), { ...toolCall(""), id: "call_2" }],
      },
      { role: "tool", tool_call_id: "call_1", content: "rain" },
      { role: "tool", tool_call_id: "call_2", content: [{ type: "text", text: "sun" }] },
      { role: "user", content: "so?" },
    ];
    expect(encode({ messages })["messages"]).toEqual([
      { role: "user", content: [{ type: "text", text: "hi" }] },
      {
        role: "assistant",
        content: [
          { type: "tool_use", id: "call_1", name: "weather", input: { city: "Oslo" } },
          { type: "tool_use", id: "call_2", name: "weather", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "call_1", content: [{ type: "text", text: "rain" }] },
          { type: "tool_result", tool_use_id: "call_2", content: [{ type: "text", text: "sun" }] },
          { type: "text", text: "so?" },
        ],
      },
    ]);
  });

  test("images · a link stays a link, data keeps its media type", () => {
    const content = [image("https://a.example/b.png"), image("data:image/PNG;base64,iVBOR")];
    expect(encode({ messages: [{ role: "user", content }] })["messages"]).toEqual([
      {
        role: "user",
        content: [
          { type: "image", source: { type: "url", url: "https://a.example/b.png" } },
          { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBOR" } },
        ],
      },
    ]);
  });

  test.each([
    ["auto", undefined, { type: "auto" }],
    ["none", false, { type: "none" }],
    ["required", undefined, { type: "any" }],
    ["required", false, { type: "any", disable_parallel_tool_use: true }],
    [{ type: "function", function: { name: "weather" } }, true, { type: "tool", name: "weather" }],
    [undefined, false, { type: "auto", disable_parallel_tool_use: true }],
    [undefined, undefined, undefined],
  ])("tool_choice %j, parallel_tool_calls %j · %j", (tool_choice, parallel_tool_calls, expected) => {
    const encoded = encode({ tools: [weather], tool_choice, parallel_tool_calls });
    expect(encoded["tool_choice"]).toEqual(expected);
    expect(encoded["tools"]).toEqual([{ name: "weather", input_schema: { type: "object" } }]);
  });

  test("structured output · a schema is the wire's own, any object is asked for in words", () => {
    const schema = { type: "object", properties: { a: { type: "string" } } };
    const named = { type: "json_schema", json_schema: { name: "x", schema, strict: true } };
    expect(encode({ response_format: named })["output_config"]).toEqual({
      format: { type: "json_schema", schema },
    });
    const any = encode({ response_format: { type: "json_object" } });
    expect(any["output_config"]).toBeUndefined();
    expect(JSON.stringify(any["system"])).toContain("JSON object");
  });

  test.each([
    ["minimal", { output_config: { effort: "low" } }],
    ["high", { output_config: { effort: "high" } }],
    ["xhigh", { output_config: { effort: "max" } }],
    ["none", { thinking: { type: "disabled" } }],
  ])("reasoning_effort %s · %j", (reasoning_effort, expected) => {
    expect(encode({ reasoning_effort })).toMatchObject(expected);
  });

  test.each([
    [{ temperature: 1.5 }, "temperature"],
    [{ n: 2 }, "n"],
    [{ seed: 7 }, "seed"],
    [{ logprobs: true }, "logprobs"],
    [{ presence_penalty: 0.5 }, "presence_penalty"],
    [{ logit_bias: { "1": 2 } }, "logit_bias"],
    [{ web_search_options: {} }, "web_search_options"],
    [
      { messages: [{ role: "user", content: [{ type: "input_audio", input_audio: {} }] }] },
      "messages[0].content[0]",
    ],
    [
      { messages: [{ role: "user", content: [image("data:image/tiff;base64,AA")] }] },
      "messages[0].content[0].image_url.url",
    ],
  ])("%j · refused, naming %s", (fields, param) => {
    expect(refusalOf(() => encode(fields))).toEqual({ code: "unsupported_value", param });
  });

  test.each([
    [{ messages: [{ role: "narrator", content: "x" }] }, "messages[0].role"],
    [{ messages: [{ role: "user", content: 5 }] }, "messages[0].content"],
    [{ messages: [{ role: "system", content: "only this" }] }, "messages"],
    [{ messages: [...hello, { role: "tool", content: "x" }] }, "messages[1].tool_call_id"],
    [
      { messages: [{ role: "assistant", tool_calls: [toolCall("[1]")] }] },
      "messages[0].tool_calls[0].function.arguments",
    ],
    [{ messages: [{ role: "user", content: [image("ftp://a")] }] }, "messages[0].content[0].image_url.url"],
    [{ temperature: "hot" }, "temperature"],
    [{ max_tokens: 0 }, "max_tokens"],
    [{ tools: [{ type: "function" }] }, "tools[0].function"],
  ])("%j · 400 naming %s", (fields, param) => {
    expect(refusalOf(() => encode(fields))).toEqual({ code: "invalid_request", param });
  });
});
