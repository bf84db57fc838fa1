import { describe, expect, test } from "vitest";
import type { ModelCall, StreamState } from "../../adapter.ts";
import { readModelCall } from "../../model-call.ts";
import { streamDecoder } from "./decode-stream.ts";

const call = (includeUsage: boolean): ModelCall =>
  readModelCall(
    "chat-completions",
    Buffer.from(
      JSON.stringify({
        model: "gpt",
        messages: [1],
        stream: true,
        stream_options: { include_usage: includeUsage },
      }),
    ),
  );

type Reading = { seen: string; tail: string; state: Readonly<StreamState> };

/** Feeds the chunks to a decoder and ends it. */
function read(chunks: (string | Buffer)[], includeUsage = false): Reading {
  const decoder = streamDecoder({ call: call(includeUsage) });
  const seen = chunks.map((chunk) => decoder.push(Buffer.from(chunk)));
  decoder.end();
  return {
    seen: Buffer.concat(seen).toString("latin1"),
    tail: decoder.takeTail().toString("latin1"),
    state: decoder.state,
  };
}

const delta = (content: string) => `data: {"choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`;
const finish = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}\n\n';
const usageChunk =
  'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":1}}}\n\n';
const done = "data: [DONE]\n\n";
const counted = { input_tokens: 7, cached_input_tokens: 2, output_tokens: 3, reasoning_tokens: 1 };

describe("streamDecoder", () => {
  test("a whole stream · forwards all but the usage chunk and withholds [DONE]", () => {
    const { seen, tail, state } = read([delta("a") + delta("b") + finish + usageChunk + done]);
    expect(seen).toBe(delta("a") + delta("b") + finish);
    expect(tail).toBe(done);
    expect(state).toEqual({
      events: 5,
      contentEvents: 2,
      usage: counted,
      terminated: true,
      terminalWithheld: true,
      error: null,
      unreadableEvents: 0,
    });
  });

  test("a stream of /v1/completions, cut at every byte · its texts, end and usage are read alike", () => {
    const text = (piece: string, reason: string | null) =>
      `data: ${JSON.stringify({ object: "text_completion", choices: [{ text: piece, index: 0, finish_reason: reason }], usage: null })}\n\n`;
    const content = text("Once", null) + text(" upon", "length");
    const stream = Buffer.from(content + usageChunk + done);
    const whole = read([stream]);
    expect(whole).toMatchObject({ seen: content, tail: done });
    expect(whole.state).toMatchObject({ contentEvents: 2, usage: counted, terminated: true, error: null });
    for (let at = 1; at < stream.length; at++) {
      expect(read([stream.subarray(0, at), stream.subarray(at)])).toEqual(whole);
    }
  });

  test("include_usage · the usage chunk is passed on", () => {
    const { seen, state } = read([delta("a") + finish + usageChunk + done], true);
    expect(seen).toBe(delta("a") + finish + usageChunk);
    expect(state.usage).toEqual(counted);
  });

  test("usage in a chunk with choices · is counted and never stripped", () => {
    const last =
      'data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":13,"completion_tokens":8}}\n\n';
    const { seen, state } = read([delta("a") + last + done]);
    expect(seen).toBe(delta("a") + last);
    expect(state).toMatchObject({ contentEvents: 1, terminated: true });
    expect(state.usage).toMatchObject({ input_tokens: 13, output_tokens: 8 });
  });

  test("a usage object that counts nothing · is not taken for zero tokens", () => {
    expect(read([`data: {"choices":[],"usage":{}}\n\n${done}`]).state.usage).toBeNull();
  });

  describe.each([
    ["LF", "\n"],
    ["CR", "\r"],
    ["CRLF", "\r\n"],
  ])("%s line ends", (_name, end) => {
    const lines = (text: string) => text.replaceAll("\n", end);
    const body = lines(`: hello\n\n${delta("a")}event: x\nid: 1\n${delta("b")}${finish}`);
    const stream = Buffer.from(body + lines(usageChunk + done));
    const whole = read([stream]);

    test("whole · all but usage and [DONE] passes", () => {
      expect(whole.seen).toBe(body);
      expect(whole.tail).toBe(lines(done));
    });

    test("cut at every byte · the same bytes and the same state", () => {
      for (let at = 0; at <= stream.length; at++) {
        expect(read([stream.subarray(0, at), stream.subarray(at)])).toEqual(whole);
      }
      expect(read([...stream].map((byte) => Buffer.from([byte])))).toEqual(whole);
    });

    test("a short stream cut at every pair of bytes · the same bytes and the same state", () => {
      const short = Buffer.from(
        lines(`${delta("a")}data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n${finish}${done}`),
      );
      const expected = read([short]);
      for (let first = 0; first < short.length; first++) {
        for (let second = first + 1; second < short.length; second++) {
          const reading = read([
            short.subarray(0, first),
            short.subarray(first, second),
            short.subarray(second),
          ]);
          if (reading.seen !== expected.seen || reading.tail !== expected.tail) {
            expect({ first, second, ...reading }).toEqual({ first, second, ...expected });
          }
          expect(reading.state.usage).toEqual(expected.state.usage);
          expect(reading.state.terminated).toBe(true);
        }
      }
    });
  });

  test("a byte order mark · is passed on and does not hide the first event", () => {
    const { seen, state } = read([`\uFEFF${delta("a")}${done}`]);
    expect(seen).toBe(Buffer.from(`\uFEFF${delta("a")}`).toString("latin1"));
    expect(state).toMatchObject({ events: 1 + 1, contentEvents: 1 });
  });

  test("comments · pass and count as no event, whatever they say", () => {
    const { seen, state } = read([": data of the provider\n\n: ka\n\n"]);
    expect(seen).toBe(": data of the provider\n\n: ka\n\n");
    expect(state.events).toBe(0);
  });

  test("data over several lines · is read as one value", () => {
    const event = 'data: {"choices":[{"delta":{},\ndata: "finish_reason":\ndata: "stop"}]}\n\n';
    const { seen, state } = read([event]);
    expect(seen).toBe(event);
    expect(state).toMatchObject({ events: 1, terminated: true });
  });

  test("text that speaks of keys · is content and nothing else", () => {
    const event = delta('\\"usage\\":{\\"error\\": \\"finish_reason\\":\\"stop\\" [DONE]');
    const { seen, state } = read([event]);
    expect(seen).toBe(event);
    expect(state).toMatchObject({ contentEvents: 1, terminated: false, usage: null, error: null });
  });

  test.each([
    ["opens the message", '{"choices":[{"delta":{"role":"assistant","content":""}}]}', 0],
    ["content", '{"choices":[{"delta":{"content":"x"}}]}', 1],
    ["spaced", '{"choices": [{"delta": {"content": "x"}}]}', 1],
    ["reasoning beside empty content", '{"choices":[{"delta":{"content":"","reasoning_content":"x"}}]}', 1],
    [
      "tool arguments beside empty content",
      '{"choices":[{"delta":{"content":"","tool_calls":[{"function":{"name":"","arguments":"{"}}]}}]}',
      1,
    ],
    ["content in parts", '{"choices":[{"delta":{"content":[{"type":"text","text":"x"}]}}]}', 1],
    ["an escaped quote", '{"choices":[{"delta":{"content":"\\""}}]}', 1],
    ["nothing", '{"choices":[{"delta":{}}]}', 0],
    ["null", '{"choices":[{"delta":{"content":null}}]}', 0],
  ])("a delta that has %s · is %j, %i content events", (_name, json, contentEvents) => {
    expect(read([`data: ${json}\n\n`]).state.contentEvents).toBe(contentEvents);
  });

  describe("the end", () => {
    test("[DONE] · what stands behind it is withheld with it", () => {
      const decoder = streamDecoder({ call: call(false) });
      expect(decoder.push(Buffer.from(`${delta("a")}${done}: bye\n\n`)).toString()).toBe(delta("a"));
      expect(decoder.push(Buffer.from("more")).length).toBe(0);
      expect(decoder.takeTail().toString()).toBe(`${done}: bye\n\nmore`);
    });

    test("a finish reason without [DONE] · is an end", () => {
      expect(read([delta("a") + finish]).state).toMatchObject({ terminated: true, terminalWithheld: false });
    });

    test("neither · is none", () => {
      expect(read([delta("a")]).state.terminated).toBe(false);
    });

    test("one of two choices · is none", () => {
      const other = '"index":1,"delta":{"content":"x"}';
      const cut = read([delta("a") + finish, `data: {"choices":[{${other}}]}\n\n`]);
      expect(cut.state.terminated).toBe(false);
      const whole = read([delta("a") + finish, `data: {"choices":[{${other},"finish_reason":"stop"}]}\n\n`]);
      expect(whole.state.terminated).toBe(true);
    });

    test("[DONE] without its blank line · is read at the end and handed on", () => {
      const { seen, tail, state } = read([`${delta("a")}data: [DONE]\n`]);
      expect([seen, tail]).toEqual([delta("a"), "data: [DONE]\n"]);
      expect(state).toMatchObject({ terminated: true, terminalWithheld: true });
    });

    test("a finish without its blank line · loses no byte", () => {
      const { seen, tail, state } = read([delta("a") + finish.trimEnd()]);
      expect(seen + tail).toBe(delta("a") + finish.trimEnd());
      expect(state.terminated).toBe(true);
    });

    test("a usage chunk without its blank line · is counted and stripped", () => {
      const { seen, tail, state } = read([delta("a") + finish + usageChunk.trimEnd()]);
      expect([seen, tail]).toEqual([delta("a") + finish, ""]);
      expect(state.usage).toEqual(counted);
    });

    test("an event cut off inside · proves nothing", () => {
      const { tail, state } = read([`${delta("a")}data: {"choices":[{"delta":{},"finish_reason":"stop"`]);
      expect(tail).toContain("finish_reason");
      expect(state).toMatchObject({ events: 1, terminated: false });
    });
  });

  describe("errors", () => {
    const failure = '{"error":{"message":"overloaded","type":"server_error"}}';

    test.each([
      [`data: ${failure}\n\n`, "overloaded"],
      [`event: error\ndata: ${failure}\n\n`, "overloaded"],
      ["event:error\ndata: {}\n\n", "the provider sent an error event"],
      [": note\r\nevent: error\r\ndata: oh\r\n\r\n", "the provider sent an error event"],
      ['data: {"error":"flat"}\n\n', "flat"],
      ['data: {"error":{"message":"late"},"choices":[],"usage":{"prompt_tokens":1}}\n\n', "late"],
    ])("%j first · is the first event and an error", (event, message) => {
      const { seen, state } = read([event]);
      expect(seen).toBe(event);
      expect(state.error).toEqual({ message, event: 1 });
      expect(state.contentEvents).toBe(0);
    });

    test("after content · keeps its place, and the first of two counts", () => {
      const { state } = read([delta("a") + delta("b"), `data: ${failure}\n\ndata: {"error":"second"}\n\n`]);
      expect(state.error).toEqual({ message: "overloaded", event: 3 });
    });

    test.each([
      '{"error":null,"choices":[{"delta":{"content":"x"}}]}',
      '{"choices":[{"delta":{"content":"x","tool":{"error":"inner"}}}]}',
    ])("%s · is content", (json) => {
      expect(read([`data: ${json}\n\n`]).state).toMatchObject({ error: null, contentEvents: 1 });
    });
  });

  test.each([
    'data: {"usage":{ broken\n\n',
    'data: {"error": broken\n\n',
    "data\n\n",
    "event: ping\n\n",
    "x\n\n",
  ])("unreadable %j · passes untouched", (event) => {
    expect(read([event + delta("a") + done])).toMatchObject({ seen: event + delta("a"), tail: done });
  });
});
