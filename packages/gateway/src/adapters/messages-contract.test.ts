// biome-ignore lint/style/noRestrictedImports: recordings are read from disk; no source file is.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Codec, StreamState } from "../adapter.ts";
import { readMessageStream } from "../messages/read-stream.test-fixture.ts";
import { readModelCall } from "../model-call.ts";
import type { ContractSubject } from "./contract.test-subject.ts";
import { recordings, subjects } from "./subjects.test-subject.ts";

/** Messages over every wire but Anthropic's own, where they are passed through. */
const others = subjects.filter(({ name }) => name !== "anthropic");

const request = { model: "requested", max_tokens: 100, messages: [{ role: "user", content: "hi" }] };
const callOf = (fields: object = {}) =>
  readModelCall("messages", Buffer.from(JSON.stringify({ ...request, stream: true, ...fields })));
const identity = { id: "msg_own", created: 1_700_000_000, model: "upstream-model" };
const thinking = { type: "enabled", budget_tokens: 1_024 };

const codecOf = ({ adapter }: ContractSubject) => adapter.operations.messages as Codec;

type Reading = { text: string; tail: string; state: Readonly<StreamState> };

function decode(subject: ContractSubject, chunks: Buffer[], fields: object = {}): Reading {
  const decoder = codecOf(subject).streamDecoder({ call: callOf(fields), identity });
  const out = Buffer.concat(chunks.map((chunk) => Buffer.from(decoder.push(chunk))));
  decoder.end();
  const tail = decoder.takeTail();
  return {
    text: Buffer.concat([out, tail]).toString(),
    tail: tail.toString(),
    state: decoder.state,
  };
}

function wholeMessage(subject: ContractSubject, body: Buffer, fields: object = {}) {
  const decoded = codecOf(subject).decodeResponse(body, { call: callOf(fields), identity });
  return {
    ...decoded,
    message: decoded.error === null && !decoded.malformed ? JSON.parse(decoded.bytes.toString()) : null,
  };
}

describe.each(others)("Messages over $name", (subject) => {
  const { stream, wholeAnswer } = subject;

  test("a request · is the provider's, of the target's model, and its call is left as it was", () => {
    const call = callOf({ system: "be brief" });
    const before = Buffer.from(call.body);
    const sent = codecOf(subject).encodeRequest({
      call,
      upstreamModel: "upstream-model",
      maxOutputTokens: null,
    });
    expect(sent.toString()).toContain("be brief");
    expect(sent.toString()).not.toContain('"requested"');
    expect(call.body.equals(before)).toBe(true);
  });

  test("a whole answer · is a message, metered as in a chat completion", () => {
    const { message, usage } = wholeMessage(subject, Buffer.from(wholeAnswer.body));
    expect(usage).toEqual(wholeAnswer.usage);
    expect(message).toMatchObject({
      id: "msg_own",
      type: "message",
      role: "assistant",
      content: [{ type: "text", text: "hé" }],
      stop_reason: "end_turn",
      stop_sequence: null,
    });
    expect(message.usage.output_tokens).toBeGreaterThan(0);
  });

  test("what is no answer · never throws, and is malformed or an error", () => {
    for (const text of ["", "{", "null", "[]", "\uFFFD", wholeAnswer.body.slice(0, -9)]) {
      const { malformed, error } = wholeMessage(subject, Buffer.from(text));
      expect(malformed || error !== null).toBe(true);
    }
  });

  test("a stream · is named events that make the same message, with the end withheld", () => {
    const { text, tail, state } = decode(subject, [Buffer.from(stream.body)]);
    const { message, types, isComplete } = readMessageStream(text);
    expect(types.slice(0, 2)).toEqual(["message_start", "ping"]);
    expect(readMessageStream(text).types.at(-1)).toBe("message_stop");
    expect(tail).toContain("message_delta");
    expect(isComplete).toBe(true);
    expect(state).toMatchObject({
      usage: stream.usage,
      terminated: true,
      terminalWithheld: true,
      error: null,
    });
    const { message: whole } = wholeMessage(subject, Buffer.from(wholeAnswer.body));
    expect(message).toEqual({ ...whole, model: message["model"] });
  });

  test("a stream cut at every byte · the same bytes and the same state", () => {
    const bytes = Buffer.from(stream.body);
    const whole = decode(subject, [bytes]);
    for (let at = 1; at < bytes.length; at++) {
      const pieces = [bytes.subarray(0, at), bytes.subarray(at)];
      expect(decode(subject, pieces)).toEqual({ ...whole, tail: expect.any(String) });
    }
    const single = [...bytes].map((byte) => Buffer.of(byte));
    expect(decode(subject, single)).toEqual({ ...whole, tail: expect.any(String) });
  });

  test("a stream that stops early · has no end", () => {
    const { text, state } = decode(subject, [Buffer.from(subject.truncatedStream)]);
    expect(state).toMatchObject({ terminated: false, error: null });
    expect(readMessageStream(text).types).not.toContain("message_delta");
  });

  test("an error in the first event · is told at once, in Anthropic's words", () => {
    const { text, state } = decode(subject, [Buffer.from(subject.errorStream)]);
    expect(state.error?.event).toBe(1);
    expect(readMessageStream(text).error).toMatchObject({ type: "api_error" });
  });
});

/** Each subject with those of its recordings that have both forms. */
const pairs = others.flatMap((subject) =>
  subject.recordings
    .map((name) => ({
      subject,
      name,
      whole: new URL(`${name}.json`, recordings),
      streamed: new URL(`${name}.chunks.txt`, recordings),
    }))
    // A completion of the older kind is no chat.
    .filter(({ name }) => name !== "openai/openai-completion-text")
    .filter(({ whole, streamed }) => existsSync(whole) && existsSync(streamed)),
);

/** Recordings hold one event's data a line. */
function asStream(lines: Buffer): Buffer {
  const events = lines.toString("utf8").trim().split("\n");
  return Buffer.from(`${events.map((data) => `data: ${data}\n\n`).join("")}data: [DONE]\n\n`);
}

describe("recordings of real providers", () => {
  test("are read where they are at hand", () => {
    expect(pairs.length === 0 || pairs.length > 5).toBe(true);
  });

  test.each(pairs)("$name · a message with what was said, called and counted, in any pieces", (pair) => {
    const { subject } = pair;
    const { message, usage } = wholeMessage(subject, readFileSync(pair.whole), { thinking });
    expect(message.content.length).toBeGreaterThan(0);
    expect(message.usage.output_tokens).toBeGreaterThan(0);
    expect(usage?.output_tokens).toBeGreaterThan(0);
    const hasCalls = message.content.some(({ type }: { type: string }) => type === "tool_use");
    expect(message.stop_reason).toBe(hasCalls ? "tool_use" : "end_turn");

    const bytes = asStream(readFileSync(pair.streamed));
    const expected = decode(subject, [bytes], { thinking });
    expect(expected.state).toMatchObject({ terminated: true, error: null, unreadableEvents: 0 });
    const streamed = readMessageStream(expected.text);
    expect(streamed.isComplete).toBe(true);
    expect(streamed.message.stop_reason).toBe(message.stop_reason);
    expect(streamed.message.content.map(({ type }) => type)).toEqual(
      message.content.map(({ type }: { type: string }) => type),
    );
    expect(streamed.message.usage["output_tokens"]).toBeGreaterThan(0);
    for (const size of [1, 7, 64, 1_000]) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      expect(decode(subject, chunks, { thinking }).text).toBe(expected.text);
    }
  });
});
