import { describe, expect, test } from "vitest";
import { readModelCall } from "../../model-call.ts";
import { classifyError } from "./classify-error.ts";
import { decodeResponse } from "./decode-response.ts";
import { streamDecoder } from "./decode-stream.ts";

const call = readModelCall(
  "chat-completions",
  Buffer.from('{"model":"m","messages":[1],"stream":true,"stream_options":{"include_usage":true}}'),
);
const context = { call, identity: { id: "chatcmpl-own", created: 1_700_000_000, model: "gemini-x" } };

const candidate = (parts: object[], finishReason?: string) => ({
  candidates: [{ content: { role: "model", parts }, ...(finishReason ? { finishReason } : {}), index: 0 }],
});
const callPart = { functionCall: { name: "weather", args: { city: "Oslo" } }, thoughtSignature: "sig" };

function decode(answer: object) {
  const { bytes, ...rest } = decodeResponse(Buffer.from(JSON.stringify(answer)), context);
  return { ...rest, answer: JSON.parse(bytes.toString()) };
}

function stream(events: object[]) {
  const decoder = streamDecoder(context);
  const bytes = events.map((event) => decoder.push(Buffer.from(`data: ${JSON.stringify(event)}\n\n`)));
  decoder.end();
  return { text: Buffer.concat([...bytes, decoder.takeTail()]).toString(), state: decoder.state };
}

describe("decodeResponse", () => {
  test("thoughts, text and calls · one message; calls get ids and keep their signatures", () => {
    const parts = [{ text: "hm", thought: true }, { text: "a" }, { text: "b" }, callPart, callPart];
    const { answer, error } = decode({ ...candidate(parts, "STOP"), responseId: "r1" });
    expect(error).toBeNull();
    const toolCall = (index: number) => ({
      id: `call_r1_${index}`,
      type: "function",
      function: { name: "weather", arguments: '{"city":"Oslo"}' },
      extra_content: { google: { thought_signature: "sig" } },
    });
    expect(answer).toMatchObject({ id: "r1", model: "gemini-x", created: 1_700_000_000 });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { content: "ab", reasoning_content: "hm", tool_calls: [toolCall(0), toolCall(1)] },
    });
  });

  test.each([
    ["STOP", "stop"],
    ["MAX_TOKENS", "length"],
    ["SAFETY", "content_filter"],
    ["IMAGE_SAFETY", "content_filter"],
  ])("finishReason %s · %s", (reason, expected) => {
    const { answer, error } = decode(candidate([{ text: "a" }], reason));
    expect(answer.choices[0].finish_reason).toBe(expected);
    expect(error).toBeNull();
  });

  test.each(["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "OTHER", "A_FUTURE_REASON"])(
    "finishReason %s · an error, never a stop",
    (reason) => {
      expect(decode(candidate([], reason)).error).toContain(reason);
    },
  );

  test("a blocked prompt · filtered, with its usage", () => {
    const { answer, usage } = decode({
      promptFeedback: { blockReason: "SAFETY" },
      usageMetadata: { promptTokenCount: 4 },
    });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "content_filter",
      message: { content: null },
    });
    expect(usage).toMatchObject({ input_tokens: 4, output_tokens: 0 });
  });

  test.each(["", "null", "{}", "[1]", "<html>"])("%j · malformed, and unchanged", (text) => {
    const body = Buffer.from(text);
    expect(decodeResponse(body, context)).toMatchObject({ bytes: body, usage: null, malformed: true });
  });
});

describe("streamDecoder", () => {
  test("calls · whole in one event, then the end of the connection ends the stream", () => {
    const { text, state } = stream([candidate([callPart]), candidate([{ text: "" }], "STOP")]);
    expect(text).toContain('"id":"call_chatcmpl-own_0"');
    expect(text).toContain('"extra_content":{"google":{"thought_signature":"sig"}}');
    expect(text).toContain('"finish_reason":"tool_calls"');
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(state).toMatchObject({ terminated: true, error: null });
  });

  test("usage behind the finish reason · counts, the last one holds", () => {
    const usage = (count: number) => ({
      usageMetadata: { promptTokenCount: 2, candidatesTokenCount: count },
    });
    const { state } = stream([
      { ...candidate([{ text: "a" }]), ...usage(1) },
      candidate([], "STOP"),
      { ...candidate([]), ...usage(9) },
    ]);
    expect(state.usage).toMatchObject({ input_tokens: 2, output_tokens: 9 });
  });

  test.each([
    [[candidate([{ text: "a" }])], null],
    [[candidate([{ text: "a" }]), candidate([], "MALFORMED_FUNCTION_CALL")], "MALFORMED_FUNCTION_CALL"],
    [[candidate([{ text: "a" }]), { error: { message: "overloaded" } }], "overloaded"],
  ])("%j · no end; %s", (events, message) => {
    const { text, state } = stream(events);
    expect(text).not.toContain("[DONE]");
    expect(text).not.toContain('"finish_reason":"');
    expect(state.terminated).toBe(false);
    if (message === null) expect(state.error).toBeNull();
    else expect(state.error?.message).toContain(message);
  });
});

describe("classifyError", () => {
  const classify = (status: number, body: unknown) =>
    classifyError({ status, headers: {}, body: Buffer.from(JSON.stringify(body)) });
  const error = (details: object[]) => ({ error: { code: 429, message: "m", details } });
  const quota = (quotaId: string) => ({ violations: [{ quotaId }] });

  test("a wait in the body · is the wait, also in an array", () => {
    const body = error([quota("RequestsPerMinutePerProject"), { retryDelay: "34.4s" }]);
    expect(classify(429, body)).toMatchObject({ advice: "next-target", retryAfterSeconds: 34.4 });
    expect(classify(429, [body])).toMatchObject({ message: "m", retryAfterSeconds: 34.4 });
  });

  test("a quota of the day · leaves the key alone", () => {
    expect(classify(429, error([quota("GenerateRequestsPerDayPerProject")])).advice).toBe("quota");
  });

  test("a 400 for the key · blames the provider key", () => {
    expect(classify(400, error([{ reason: "API_KEY_INVALID" }]))).toMatchObject({
      advice: "credential",
      code: "upstream_auth",
    });
    expect(classify(400, error([])).advice).toBe("return");
  });
});
