import { describe, expect, test } from "vitest";
import { readModelCall } from "../../model-call.ts";
import { classifyError } from "./classify-error.ts";
import { decodeResponse } from "./decode-response.ts";
import { streamDecoder } from "./decode-stream.ts";
import { readUsage } from "./usage.ts";

const call = readModelCall(
  "chat-completions",
  Buffer.from('{"model":"m","messages":[1],"stream":true,"stream_options":{"include_usage":true}}'),
);
const context = { call, identity: { id: "chatcmpl-own", created: 1_700_000_000, model: "claude-1" } };

const decode = (answer: object) =>
  JSON.parse(decodeResponse(Buffer.from(JSON.stringify(answer)), context).bytes.toString());

/** The chunks of a stream of events, the tail's too. */
function stream(events: object[]) {
  const decoder = streamDecoder(context);
  const bytes = events.map((event) => decoder.push(Buffer.from(`data: ${JSON.stringify(event)}\n\n`)));
  decoder.end();
  const text = Buffer.concat([...bytes, decoder.takeTail()]).toString();
  const datas = text.split("\n\n").filter((line) => line !== "");
  return {
    state: decoder.state,
    isDone: datas.at(-1) === "data: [DONE]",
    chunks: datas
      .filter((line) => line !== "data: [DONE]")
      .map((line) => JSON.parse(line.slice("data: ".length))),
  };
}

const start = {
  type: "message_start",
  message: { id: "msg_1", model: "claude-x", usage: { input_tokens: 4 } },
};
const toolStart = (index: number, id: string) => ({
  type: "content_block_start",
  index,
  content_block: { type: "tool_use", id, name: "weather", input: {} },
});
const json = (index: number, partial_json: string) => ({
  type: "content_block_delta",
  index,
  delta: { type: "input_json_delta", partial_json },
});
const stopBlock = (index: number) => ({ type: "content_block_stop", index });
const end = (stop_reason: string) => [
  { type: "message_delta", delta: { stop_reason }, usage: { output_tokens: 6 } },
  { type: "message_stop" },
];

describe("decodeResponse", () => {
  test("text, thinking and tools · one message, with the provider's id and model", () => {
    const answer = decode({
      id: "msg_1",
      model: "claude-x",
      content: [
        { type: "thinking", thinking: "hm", signature: "s" },
        { type: "text", text: "a" },
        { type: "text", text: "b" },
        { type: "tool_use", id: "t1", name: "weather", input: { city: "Oslo" } },
        { type: "some_future_block" },
      ],
      stop_reason: "tool_use",
      usage: {
        input_tokens: 4,
        cache_read_input_tokens: 5,
        cache_creation_input_tokens: 1,
        output_tokens: 6,
      },
    });
    expect(answer).toEqual({
      id: "msg_1",
      object: "chat.completion",
      created: 1_700_000_000,
      model: "claude-x",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "ab",
            refusal: null,
            reasoning_content: "hm",
            tool_calls: [
              { id: "t1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
            ],
          },
          logprobs: null,
          finish_reason: "tool_calls",
        },
      ],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 6,
        total_tokens: 16,
        prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    });
  });

  test.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["pause_turn", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["tool_use", "tool_calls"],
    ["refusal", "content_filter"],
    ["some_future_reason", "stop"],
  ])("stop_reason %s · finish_reason %s", (stop_reason, expected) => {
    expect(decode({ content: [], stop_reason }).choices[0].finish_reason).toBe(expected);
  });

  test("a refusal · says why; without id and model the gateway's own stand in", () => {
    const stop_details = { type: "refusal", explanation: "no" };
    const answer = decode({ content: [], stop_reason: "refusal", stop_details });
    expect(answer).toMatchObject({
      id: "chatcmpl-own",
      model: "claude-1",
      choices: [{ message: { content: null, refusal: "no" } }],
    });
    expect(answer.usage).toBeUndefined();
  });

  test.each(["", "[]", "null", '{"content":"text"}', "<html>"])("%j · malformed, and unchanged", (text) => {
    const body = Buffer.from(text);
    expect(decodeResponse(body, context)).toEqual({ bytes: body, usage: null, malformed: true, error: null });
  });
});

describe("streamDecoder", () => {
  test("two tools, one without arguments · calls in order, arguments in pieces", () => {
    const { chunks, isDone, state } = stream([
      start,
      toolStart(0, "t1"),
      json(0, ""),
      json(0, '{"city":'),
      json(0, '"Oslo"}'),
      stopBlock(0),
      toolStart(1, "t2"),
      stopBlock(1),
      ...end("tool_use"),
    ]);
    const deltas = chunks.flatMap((chunk) => chunk.choices.map((choice: { delta: object }) => choice.delta));
    expect(deltas).toEqual([
      { role: "assistant", content: "" },
      {
        tool_calls: [{ index: 0, id: "t1", type: "function", function: { name: "weather", arguments: "" } }],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '"Oslo"}' } }] },
      {
        tool_calls: [{ index: 1, id: "t2", type: "function", function: { name: "weather", arguments: "" } }],
      },
      { tool_calls: [{ index: 1, function: { arguments: "{}" } }] },
      {},
    ]);
    expect(chunks.at(-2).choices[0].finish_reason).toBe("tool_calls");
    expect(chunks.at(-1)).toMatchObject({
      id: "msg_1",
      model: "claude-x",
      choices: [],
      usage: { total_tokens: 10 },
    });
    expect(isDone).toBe(true);
    expect(state.usage).toMatchObject({ input_tokens: 4, output_tokens: 6 });
  });

  test("an error in the middle · told once, no end, nothing after it", () => {
    const text = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "a" } };
    const { chunks, isDone, state } = stream([
      start,
      text,
      { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
      text,
    ]);
    expect(chunks).toHaveLength(3);
    expect(chunks[2].error.message).toBe("Overloaded");
    expect(isDone).toBe(false);
    expect(state).toMatchObject({ terminated: false, error: { message: "Overloaded", event: 3 } });
  });

  test("without message_stop · no finish reason, no [DONE]", () => {
    const { chunks, isDone, state } = stream([start, ...end("end_turn").slice(0, 1)]);
    expect(chunks.map((chunk) => chunk.choices[0].finish_reason)).toEqual([null]);
    expect(isDone).toBe(false);
    expect(state.terminated).toBe(false);
  });

  test("unknown events, deltas and what is no JSON · passed over", () => {
    const decoder = streamDecoder(context);
    decoder.push(Buffer.from("data: {nonsense\n\n"));
    decoder.push(Buffer.from('data: {"type":"future"}\n\ndata: 5\n\ndata: null\n\n'));
    expect(decoder.state).toMatchObject({ events: 4, unreadableEvents: 1, error: null });
  });

  test("an event without an end · the stream fails instead of growing", () => {
    const decoder = streamDecoder(context);
    const piece = Buffer.alloc(1_048_576, "x");
    for (let index = 0; index < 17; index += 1) decoder.push(piece);
    expect(decoder.state.error?.message).toContain("exceeds");
  });
});

test.each([null, 5, {}, { input_tokens: "4" }])("readUsage · %j counts nothing", (value) => {
  expect(readUsage(value)).toBeNull();
});

test.each([
  [401, "authentication_error", "credential"],
  [402, "billing_error", "quota"],
  [400, "invalid_request_error", "return"],
  [429, "rate_limit_error", "next-target"],
  [529, "overloaded_error", "next-target"],
])("classifyError · %i %s · %s", (status, type, advice) => {
  const body = Buffer.from(JSON.stringify({ type: "error", error: { type, message: "m" } }));
  expect(classifyError({ status, headers: { "retry-after": "2" }, body })).toMatchObject({
    advice,
    message: "m",
    retryAfterSeconds: 2,
  });
});
