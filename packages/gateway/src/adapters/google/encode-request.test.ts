import { describe, expect, test } from "vitest";
import { encodeWith, hello, refusalOf } from "../../chat/encode.test-fixture.ts";
import { endpoint } from "./encode-request.ts";
import { googleChat } from "./index.ts";

const encodeFor = encodeWith(googleChat);
const encode = (fields: object, upstreamModel = "gemini-2.5-flash") => encodeFor(fields, { upstreamModel });

const toolCall = (id: string, more: object = {}) => ({
  id,
  type: "function",
  function: { name: `tool_${id}`, arguments: '{"city":"Oslo"}' },
  ...more,
});
const tool = (parameters?: object) => ({
  type: "function",
  function: { name: "weather", description: "d", parameters },
});

describe("endpoint", () => {
  test.each([
    [false, "/v1beta/models/gemini-2.5-flash:generateContent"],
    [true, "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"],
  ])("stream %s · %s", (stream, path) => {
    const baseUrl = "https://generativelanguage.googleapis.com/v1beta";
    const address = { operation: "chat-completions" as const, baseUrl, secret: "k", stream };
    expect(endpoint({ ...address, upstreamModel: "gemini-2.5-flash" }).path).toBe(path);
    expect(endpoint({ ...address, upstreamModel: "a/../b?c" }).path).toContain("/models/a%2F..%2Fb%3Fc:");
  });
});

describe("encodeRequest", () => {
  test("the smallest request · one turn and nothing else", () => {
    expect(encode({})).toEqual({ contents: [{ role: "user", parts: [{ text: "hi" }] }] });
  });

  test("sampling · under the provider's names", () => {
    const fields = { max_completion_tokens: 5, temperature: 1.5, top_p: 0.5, seed: 7, stop: ["a", "b"] };
    expect(encode({ ...fields, presence_penalty: 0.5, frequency_penalty: -1 })["generationConfig"]).toEqual({
      maxOutputTokens: 5,
      temperature: 1.5,
      topP: 0.5,
      seed: 7,
      stopSequences: ["a", "b"],
      presencePenalty: 0.5,
      frequencyPenalty: -1,
    });
  });

  test("a conversation with tools · roles, names looked up, results as objects", () => {
    const messages = [
      { role: "system", content: "be brief" },
      ...hello,
      { role: "assistant", content: "", tool_calls: [toolCall("a"), toolCall("b")] },
      { role: "tool", tool_call_id: "b", content: '{"sun":true}' },
      { role: "tool", tool_call_id: "a", content: "rain" },
      { role: "user", content: "so?" },
    ];
    expect(encode({ messages })).toEqual({
      systemInstruction: { parts: [{ text: "be brief" }] },
      contents: [
        { role: "user", parts: [{ text: "hi" }] },
        {
          role: "model",
          parts: [
            { functionCall: { name: "tool_a", args: { city: "Oslo" } } },
            { functionCall: { name: "tool_b", args: { city: "Oslo" } } },
          ],
        },
        {
          role: "user",
          parts: [
            { functionResponse: { name: "tool_b", response: { sun: true } } },
            { functionResponse: { name: "tool_a", response: { result: "rain" } } },
            { text: "so?" },
          ],
        },
      ],
    });
  });

  test("signatures · go back with their call; a lost one is stood in for where the model wants one", () => {
    const signed = toolCall("a", { extra_content: { google: { thought_signature: "sig" } } });
    const partsOf = (calls: object[], model: string) => {
      const messages = [...hello, { role: "assistant", tool_calls: calls }];
      const { contents } = encode({ messages }, model) as { contents: { parts: object[] }[] };
      return contents[1]?.parts.map((part) => (part as { thoughtSignature?: string }).thoughtSignature);
    };
    expect(partsOf([signed, toolCall("b")], "gemini-3-pro")).toEqual(["sig", undefined]);
    expect(partsOf([toolCall("a"), toolCall("b")], "gemini-3-pro")).toEqual([
      "skip_thought_signature_validator",
      undefined,
    ]);
    expect(partsOf([toolCall("a")], "gemini-2.5-flash")).toEqual([undefined]);
  });

  test("images · data inline, a link by its address and likely type", () => {
    const content = ["data:image/png;base64,AA", "https://a.example/x.webp?v=1", "https://a.example/x"].map(
      (url) => ({ type: "image_url", image_url: { url } }),
    );
    const { contents } = encode({ messages: [{ role: "user", content }] }) as { contents: unknown[] };
    expect(contents).toEqual([
      {
        role: "user",
        parts: [
          { inlineData: { mimeType: "image/png", data: "AA" } },
          { fileData: { mimeType: "image/webp", fileUri: "https://a.example/x.webp?v=1" } },
          { fileData: { mimeType: "image/jpeg", fileUri: "https://a.example/x" } },
        ],
      },
    ]);
  });

  test.each([
    [undefined, undefined],
    ["auto", { mode: "AUTO" }],
    ["none", { mode: "NONE" }],
    ["required", { mode: "ANY" }],
    [
      { type: "function", function: { name: "weather" } },
      { mode: "ANY", allowedFunctionNames: ["weather"] },
    ],
  ])("tool_choice %j · %j", (tool_choice, expected) => {
    const encoded = encode({ tools: [tool({ type: "object", properties: {} })], tool_choice });
    expect(encoded["toolConfig"]).toEqual(
      expected === undefined ? undefined : { functionCallingConfig: expected },
    );
    expect(encoded["tools"]).toEqual([{ functionDeclarations: [{ name: "weather", description: "d" }] }]);
  });

  test.each([
    [{ type: "json_object" }, { responseMimeType: "application/json" }],
    [
      {
        type: "json_schema",
        json_schema: { name: "x", schema: { type: "object", properties: { a: { type: "string" } } } },
      },
      {
        responseMimeType: "application/json",
        responseSchema: { type: "object", properties: { a: { type: "string" } } },
      },
    ],
  ])("response_format %j · %j", (response_format, expected) => {
    expect(encode({ response_format })["generationConfig"]).toEqual(expected);
  });

  test.each([
    ["none", "gemini-2.5-flash", { thinkingBudget: 0 }],
    ["medium", "gemini-2.5-flash", { thinkingBudget: 8_192 }],
    ["low", "gemini-3-pro", { thinkingLevel: "low" }],
    ["high", "gemini-3-pro", { thinkingLevel: "high" }],
  ])("reasoning_effort %s of %s · %j", (reasoning_effort, model, thinkingConfig) => {
    expect(encode({ reasoning_effort }, model)["generationConfig"]).toEqual({ thinkingConfig });
  });

  test.each([
    [{ n: 2 }, "unsupported_value", "n"],
    [{ logit_bias: { "5": 1 } }, "unsupported_value", "logit_bias"],
    [
      { messages: [...hello, { role: "tool", tool_call_id: "gone", content: "x" }] },
      "invalid_request",
      "messages[1].tool_call_id",
    ],
    [{ messages: [{ role: "developer", content: "only" }] }, "invalid_request", "messages"],
    [
      {
        tools: [
          tool({
            $ref: "#/$defs/a",
            $defs: { a: { type: "object", properties: { a: { $ref: "#/$defs/a" } } } },
          }),
        ],
      },
      "unsupported_value",
      "tools[0].function.parameters",
    ],
    [
      { tools: [tool({ type: "object", properties: { a: { $ref: "https://elsewhere/x" } } })] },
      "unsupported_value",
      "tools[0].function.parameters",
    ],
  ])("%j · %s naming %s", (fields, code, param) => {
    expect(refusalOf(() => encode(fields))).toEqual({ code, param });
  });
});
