// biome-ignore lint/style/noRestrictedImports: recordings are read from disk; no source file is.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { StreamState } from "../../adapter.ts";
import { readModelCall } from "../../model-call.ts";
import { anthropicMessages } from "./index.ts";

const identity = { id: "", created: 0, model: "" };
const callOf = (body: string) => readModelCall("messages", Buffer.from(body));
const context = { call: callOf('{"model":"m","messages":[1]}'), identity };

const event = (data: { type: string; [field: string]: unknown }) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const start = event({
  type: "message_start",
  message: { id: "msg_1", usage: { input_tokens: 5, cache_read_input_tokens: 3, output_tokens: 1 } },
});
const text = (content: string) =>
  event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: content } });
const end = event({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 7 } });
const stop = event({ type: "message_stop" });
const whole = start + event({ type: "ping" }) + text("h") + text("é") + text("") + end + stop;

function read(chunks: Buffer[]): { out: string; tail: string; state: Readonly<StreamState> } {
  const decoder = anthropicMessages.streamDecoder(context);
  const out = Buffer.concat(chunks.map((chunk) => Buffer.from(decoder.push(chunk)))).toString();
  decoder.end();
  return { out, tail: decoder.takeTail().toString(), state: decoder.state };
}

describe("a request", () => {
  const encode = (body: string, upstreamModel: string) =>
    anthropicMessages.encodeRequest({ call: callOf(body), upstreamModel, maxOutputTokens: null }).toString();

  test("of the target's model · is the client's bytes", () => {
    const body = `{ "model" : "claude",\n "system":[{"text":"b"},{"text":"a"}], "unheard_of": 1e2, "messages":[ 1 ] }`;
    expect(encode(body, "claude")).toBe(body);
  });

  test("of another name · differs in the model alone, and a stream asks for nothing more", () => {
    const body = `{"stream":true, "model" : "mine" , "messages":[1],"metadata":{"user_id":"u"}}`;
    expect(encode(body, 'a"b')).toBe(body.replace('"mine"', '"a\\"b"'));
  });

  test("metadata.user_id · is the log's user", () => {
    expect(callOf('{"model":"m","messages":[1],"metadata":{"user_id":"u"}}').user).toBe("u");
    expect(callOf('{"model":"m","messages":[1],"metadata":{"user_id":7},"user":"x"}').user).toBeNull();
    expect(callOf('{"model":"m","messages":[1],"metadata":null}').user).toBeNull();
  });
});

describe("a whole answer", () => {
  test("goes on as it is · and its usage is read, what the cache held with it", () => {
    const body = Buffer.from(
      '{ "type":"message","content":[{"type":"text","text":"\\"usage\\":{}"}],' +
        '"usage":{"input_tokens":5,"cache_read_input_tokens":3,"output_tokens":7}, "container":null}',
    );
    const decoded = anthropicMessages.decodeResponse(body, context);
    expect(decoded.bytes).toBe(body);
    expect(decoded.usage).toMatchObject({ input_tokens: 8, cached_input_tokens: 3, output_tokens: 7 });
  });
});

describe("a stream", () => {
  test("goes on as it is · all but its terminal event, which is withheld", () => {
    const { out, tail, state } = read([Buffer.from(whole)]);
    expect(out + tail).toBe(whole);
    expect(tail).toBe(stop);
    expect(state).toMatchObject({
      events: 6,
      contentEvents: 2,
      terminated: true,
      terminalWithheld: true,
      error: null,
      unreadableEvents: 0,
      usage: { input_tokens: 8, cached_input_tokens: 3, output_tokens: 7 },
    });
  });

  test("cut at every byte · the same bytes and the same state", () => {
    const bytes = Buffer.from(whole);
    const expected = read([bytes]);
    for (let at = 1; at < bytes.length; at++) {
      expect(read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
    }
    expect(read([...bytes].map((byte) => Buffer.of(byte)))).toEqual(expected);
  });

  test("that stops early · is not whole, and tells what it counted", () => {
    const { state } = read([Buffer.from(start + text("h"))]);
    expect(state).toMatchObject({ terminated: false, error: null, usage: { output_tokens: 1 } });
  });

  test("that counts no input at its end · keeps what it counted at its start", () => {
    const zero = { input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 7 };
    const last = event({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: zero });
    const { state } = read([Buffer.from(start + last + stop)]);
    expect(state.usage).toMatchObject({ input_tokens: 8, cached_input_tokens: 3, output_tokens: 7 });
  });

  test("whose last event lacks its blank line · is whole", () => {
    const { tail, state } = read([Buffer.from(whole.trimEnd())]);
    expect(state.terminated).toBe(true);
    expect(tail).toBe(stop.trimEnd());
  });

  test("an error event · passes, and is told with its place; a ping before it does not count", () => {
    const error = event({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } });
    const { out, state } = read([Buffer.from(event({ type: "ping" }) + error)]);
    expect(out).toBe(event({ type: "ping" }) + error);
    expect(state.error).toEqual({ message: "Overloaded", event: 1 });
  });

  test("events of types that are not known, and no JSON · pass", () => {
    const odd = `${event({ type: "new_event" })}event: content_block_delta\ndata: {\n\n: comment\n\n`;
    const { out, state } = read([Buffer.from(odd)]);
    expect(out).toBe(odd);
    expect(state).toMatchObject({ events: 2, unreadableEvents: 1 });
  });
});

/** Beside the checkout, where the recordings are at hand. */
const folder = new URL("../../../../../../shared/fixtures/anthropic/", import.meta.url);
const recordings = existsSync(folder) ? readdirSync(folder) : [];

describe("recordings of the real provider", () => {
  test("the folder · is read where it is at hand", () => {
    expect(recordings.length === 0 || recordings.includes("anthropic-text.chunks.txt")).toBe(true);
  });

  test.each(recordings.filter((name) => name.endsWith(".json")))("%s · as it came, metered", (name) => {
    const body = readFileSync(new URL(name, folder));
    const { usage } = JSON.parse(body.toString());
    const decoded = anthropicMessages.decodeResponse(body, context);
    expect(decoded.bytes).toBe(body);
    expect(decoded.usage).toMatchObject({
      input_tokens:
        usage.input_tokens + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0),
      output_tokens: usage.output_tokens,
    });
  });

  test.each(recordings.filter((name) => name.endsWith(".chunks.txt")))(
    "%s · as it came and metered, cut at every byte",
    (name) => {
      const lines = readFileSync(new URL(name, folder), "utf8").trim().split("\n");
      const events = lines.map((line) => JSON.parse(line));
      const bytes = Buffer.from(
        lines.map((line, index) => `event: ${events[index].type}\ndata: ${line}\n\n`).join(""),
      );
      const expected = read([bytes]);
      expect(expected.out + expected.tail).toBe(bytes.toString());
      expect(expected.state).toMatchObject({ terminated: true, error: null, unreadableEvents: 0 });
      const last = events.findLast(({ type }) => type === "message_delta").usage;
      expect(expected.state.usage?.output_tokens).toBe(last.output_tokens);
      for (let at = 1; at < bytes.length; at++) {
        const { out, tail, state } = read([bytes.subarray(0, at), bytes.subarray(at)]);
        // Compared as one text: a recording has tens of thousands of places to cut at.
        if (out + tail !== bytes.toString() || tail !== expected.tail) expect.unreachable(`cut at ${at}`);
        if (JSON.stringify(state) !== JSON.stringify(expected.state)) expect(state).toEqual(expected.state);
      }
    },
  );
});
