// biome-ignore lint/style/noRestrictedImports: recordings are read from disk; no source file is.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ModelCall, StreamState } from "../adapter.ts";
import { readModelCall } from "../model-call.ts";
import type { ContractSubject } from "./contract.test-subject.ts";
import { recordings, subjects } from "./subjects.test-subject.ts";

const hasRecordings = existsSync(recordings);

const request = { model: "requested", messages: [{ role: "user", content: "hi" }], stream: true };
const callOf = (fields: object): ModelCall =>
  readModelCall("chat-completions", Buffer.from(JSON.stringify({ ...request, ...fields })));

const identity = { id: "chatcmpl-1", created: 1_700_000_000, model: "upstream-model" };
const addressed = { upstreamModel: "upstream-model", stream: true };
const context = { call: callOf({}), identity };

type Reading = { out: string; tail: string; state: Readonly<StreamState> };

function decode({ codec }: ContractSubject, chunks: Buffer[], call = callOf({})): Reading {
  const decoder = codec.streamDecoder({ call, identity });
  const out = chunks.map((chunk) => Buffer.from(decoder.push(chunk)));
  decoder.end();
  return {
    out: Buffer.concat(out).toString("latin1"),
    tail: decoder.takeTail().toString("latin1"),
    state: decoder.state,
  };
}

/** Each subject with its recordings of one kind. */
function recorded(ending: string) {
  return subjects.flatMap((subject) =>
    subject.recordings
      .map((name) => ({ subject, name: name + ending, file: new URL(name + ending, recordings) }))
      .filter(({ file }) => existsSync(file)),
  );
}

/** Recordings hold one event's data a line. */
function asStream(lines: Buffer): Buffer {
  const events = lines.toString("utf8").trim().split("\n");
  return Buffer.from(`${events.map((data) => `data: ${data}\n\n`).join("")}data: [DONE]\n\n`);
}

describe.each([...subjects])("$name", (subject) => {
  const { adapter, codec, stream, wholeAnswer } = subject;

  test("endpoint · the secret is in the headers and nowhere else, names are lower case", () => {
    const secret = "sk-contract-secret";
    const baseUrl = "https://upstream.example/base";
    const endpoint = codec.endpoint({ baseUrl, secret, ...addressed });
    expect(endpoint.origin).toBe("https://upstream.example");
    expect(endpoint.path.startsWith("/base/")).toBe(true);
    expect(endpoint.origin + endpoint.path).not.toContain(secret);
    expect(JSON.stringify(endpoint.headers)).toContain(secret);
    for (const name of Object.keys(endpoint.headers)) expect(name).toBe(name.toLowerCase());
  });

  test("encodeRequest · names the upstream model and leaves the call as it was", () => {
    const call = callOf({});
    const before = Buffer.from(call.body);
    const sent = codec
      .encodeRequest({ call, upstreamModel: "upstream-model", maxOutputTokens: null })
      .toString("utf8");
    expect(sent).not.toContain('"requested"');
    expect(call.body.equals(before)).toBe(true);
  });

  test("decodeResponse · the usage of a whole answer", () => {
    const body = Buffer.from(wholeAnswer.body);
    const decoded = codec.decodeResponse(body, context);
    expect(decoded).toMatchObject({ usage: wholeAnswer.usage, malformed: false });
    if (codec.wire === "pass-through") expect(decoded.bytes.equals(body)).toBe(true);
  });

  test("decodeResponse · never throws on what is no answer", () => {
    for (const text of ["", "{", "null", "[]", "\uFFFD", wholeAnswer.body.slice(0, -9)]) {
      expect(codec.decodeResponse(Buffer.from(text), context).usage).toBeNull();
    }
  });

  test("streamDecoder · usage, end and withheld terminal event of a whole stream", () => {
    const { out, tail, state } = decode(subject, [Buffer.from(stream.body)]);
    expect(state).toMatchObject({ usage: stream.usage, terminated: true, error: null, unreadableEvents: 0 });
    expect(state.contentEvents).toBeGreaterThan(0);
    expect(out).not.toContain("[DONE]");
    expect(tail).toContain("[DONE]");
  });

  test("streamDecoder · a client that asked for usage sees it, another one does not", () => {
    const chunks = [Buffer.from(stream.body)];
    const asked = decode(subject, chunks, callOf({ stream_options: { include_usage: true } }));
    expect(asked.out + asked.tail).toMatch(/"usage"\s*:\s*\{/);
    const unasked = decode(subject, chunks);
    expect(unasked.out + unasked.tail).not.toMatch(/"usage"\s*:\s*\{/);
    if (codec.wire === "pass-through")
      expect(asked.out + asked.tail).toBe(Buffer.from(stream.body).toString("latin1"));
  });

  test("streamDecoder · cut at every byte, the same bytes and the same state", () => {
    const bytes = Buffer.from(stream.body);
    const whole = decode(subject, [bytes]);
    for (let at = 1; at < bytes.length; at++) {
      expect(decode(subject, [bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
    }
    expect(
      decode(
        subject,
        [...bytes].map((byte) => Buffer.of(byte)),
      ),
    ).toEqual(whole);
  });

  test("streamDecoder · a stream that stops early is not terminated", () => {
    const { state } = decode(subject, [Buffer.from(subject.truncatedStream)]);
    expect(state).toMatchObject({ terminated: false, error: null });
  });

  test("streamDecoder · an error in the first event is told at once", () => {
    const decoder = codec.streamDecoder(context);
    decoder.push(Buffer.from(subject.errorStream));
    expect(decoder.state.error?.event).toBe(1);
  });

  test("classifyError · the provider's words, and none for a body that is not its own", () => {
    const { status, body, message } = subject.error;
    expect(adapter.classifyError({ status, headers: {}, body: Buffer.from(body) }).message).toBe(message);
    const odd = adapter.classifyError({ status: 502, headers: {}, body: Buffer.from("<html>") });
    expect(odd).toMatchObject({ status: 502, advice: "next-target" });
  });
});

function readRecordings(): void {
  test("the folder · has an answer or a stream for every name", () => {
    const there = [...recorded(".json"), ...recorded(".chunks.txt")].map(({ name }) => name);
    for (const name of subjects.flatMap((subject) => subject.recordings)) {
      expect(there.some((file) => file.startsWith(`${name}.`))).toBe(true);
    }
  });

  test.each(recorded(".json"))("$name · tells its usage", ({ subject, file }) => {
    const body = readFileSync(file);
    const { usage, malformed, bytes } = subject.codec.decodeResponse(body, context);
    expect(malformed).toBe(false);
    expect(usage?.input_tokens).toBeGreaterThan(0);
    expect(usage?.output_tokens).toBeGreaterThan(0);
    if (subject.codec.wire === "pass-through") expect(bytes).toBe(body);
  });

  test.each(recorded(".chunks.txt"))(
    "$name · tells its usage and its end, in any pieces",
    ({ subject, file }) => {
      const bytes = asStream(readFileSync(file));
      const whole = decode(subject, [bytes]);
      expect(whole.state).toMatchObject({ terminated: true, error: null, unreadableEvents: 0 });
      expect(whole.state.usage?.output_tokens).toBeGreaterThan(0);
      expect(whole.state.contentEvents).toBeGreaterThan(0);
      for (const size of [1, 7, 64, 1_000, 16_384]) {
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
        expect(decode(subject, chunks)).toEqual(whole);
      }
    },
  );
}

describe("recordings of real providers", () => {
  if (hasRecordings) return readRecordings();
  test("absent here · only the samples were read", () => {
    expect(subjects.every(({ recordings: names }) => names.length > 0)).toBe(true);
  });
});
