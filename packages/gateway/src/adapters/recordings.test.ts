// biome-ignore lint/style/noRestrictedImports: recordings are read from disk; no source file is.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Codec } from "../adapter.ts";
import { readModelCall } from "../model-call.ts";
import { googleWire } from "./google/index.ts";
import { openAiWire } from "./openai/index.ts";
import { readRecording, type Said } from "./recorded-answer.test-oracle.ts";
import { recordings, subjects } from "./subjects.test-subject.ts";

/** Finish reason, then input, cached input, output and reasoning tokens. */
type Told = [finish: string, tokens: [number, number, number, number]];

/** What each recording says besides its words, read off the files; null where there is no such file. */
const told: Record<string, { whole: Told | null; stream: Told | null }> = {
  "anthropic/anthropic-clear-thinking.1": {
    whole: ["stop", [69, 0, 33, 0]],
    stream: ["stop", [69, 0, 53, 0]],
  },
  "anthropic/anthropic-json-tool.1": {
    whole: ["tool_calls", [1151, 0, 87, 0]],
    stream: ["tool_calls", [849, 0, 47, 0]],
  },
  "anthropic/anthropic-refusal": {
    whole: ["content_filter", [18, 0, 5, 0]],
    stream: ["content_filter", [18, 0, 5, 0]],
  },
  "anthropic/anthropic-text": { whole: ["stop", [12, 0, 29, 0]], stream: ["stop", [12, 0, 30, 0]] },
  "anthropic/anthropic-tool-no-args": {
    whole: ["tool_calls", [602, 0, 93, 0]],
    stream: ["tool_calls", [565, 0, 48, 0]],
  },
  // Cohere bills other numbers than it reads; these are the billed ones.
  "cohere/cohere-max-tokens": { whole: ["length", [11, 0, 4, 0]], stream: null },
  "cohere/cohere-reasoning": { whole: ["stop", [8, 0, 578, 0]], stream: ["stop", [8, 0, 50, 0]] },
  "cohere/cohere-text": { whole: ["stop", [12, 0, 7, 0]], stream: ["stop", [12, 0, 7, 0]] },
  "cohere/cohere-tool-call": {
    whole: ["tool_calls", [119, 0, 52, 0]],
    stream: ["tool_calls", [119, 0, 44, 0]],
  },
  "deepseek/deepseek-tool-call": {
    whole: ["tool_calls", [339, 320, 92, 48]],
    stream: ["tool_calls", [339, 320, 83, 39]],
  },
  "google/google-reasoning": { whole: ["stop", [9, 0, 311, 282]], stream: ["stop", [9, 0, 285, 256]] },
  "google/google-text": { whole: ["stop", [9, 0, 272, 244]], stream: ["stop", [9, 0, 208, 185]] },
  "google/google-tool-call": {
    whole: ["tool_calls", [29, 0, 908, 893]],
    stream: ["tool_calls", [29, 0, 60, 45]],
  },
  "groq/groq-tool-call": { whole: ["tool_calls", [218, 0, 15, 0]], stream: ["tool_calls", [210, 0, 15, 0]] },
  "mistral/mistral-incremental-tool-call": { whole: null, stream: ["tool_calls", [171, 128, 14, 0]] },
  "mistral/mistral-text": { whole: ["stop", [13, 0, 434, 0]], stream: ["stop", [13, 0, 8, 0]] },
  "mistral/mistral-tool-call": {
    whole: ["tool_calls", [124, 0, 22, 0]],
    stream: ["tool_calls", [124, 0, 22, 0]],
  },
  "openai/openai-completion-text": { whole: ["length", [14, 0, 16, 0]], stream: ["length", [14, 0, 16, 0]] },
  "openai/openai-text": { whole: ["stop", [16, 0, 363, 0]], stream: ["stop", [16, 0, 300, 0]] },
};

/** Recordings that are no answer of these operations, each with what reads it instead. */
const others: Record<string, string> = {
  "cohere/cohere-embedding.json": "the contract of embeddings",
  "openai/openai-embedding.json": "the contract of embeddings",
  "google/google-429-retry-info.json": "the last test here",
  "openai/openai-custom-tool.1.json": "nobody: an answer of the Responses API, which is not served",
  "openai/openai-custom-tool.1.chunks.txt": "nobody: a stream of the Responses API, which is not served",
  "openai/openai-error.1.chunks.txt": "nobody: a stream of the Responses API, which is not served",
};

const ofOpenAiWire = new Set(["openai", "groq", "deepseek"]);

function codecOf(name: string): { codec: Codec; operation: "chat-completions" | "completions" } {
  const [folder = ""] = name.split("/");
  if (name === "openai/openai-completion-text") {
    const { completions } = openAiWire(null).operations;
    if (completions === null) throw new Error("OpenAI's wire has completions.");
    return { codec: completions, operation: "completions" };
  }
  const wire = ofOpenAiWire.has(folder) ? "openai" : folder;
  const subject = subjects.find((candidate) => candidate.name === wire);
  if (subject === undefined) throw new Error(`No wire reads ${folder}.`);
  return { codec: subject.codec, operation: "chat-completions" };
}

const prompts = {
  "chat-completions": { messages: [{ role: "user", content: "hi" }] },
  completions: { prompt: "hi" },
};

function contextOf(operation: "chat-completions" | "completions", stream: boolean) {
  const body = { model: "m", ...prompts[operation], stream, stream_options: { include_usage: true } };
  const call = readModelCall(operation, Buffer.from(JSON.stringify(body)));
  return { call, identity: { id: "chatcmpl-1", created: 1_700_000_000, model: "m" } };
}

type Choice = { finish_reason?: string | null };

function finishOf(values: unknown[]): string | null {
  const choices = values.flatMap((value) => (value as { choices?: Choice[] }).choices ?? []);
  return choices.findLast(({ finish_reason }) => typeof finish_reason === "string")?.finish_reason ?? null;
}

/** What a client of OpenAI's dialect reads out of a stream, cut into pieces of these sizes, by turns. */
function decodeStream(name: string, stream: Buffer, sizes: number[]) {
  const { codec, operation } = codecOf(name);
  const decoder = codec.streamDecoder(contextOf(operation, true));
  const out: Buffer[] = [];
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = sizes[turn % sizes.length] ?? stream.length;
    out.push(Buffer.from(decoder.push(stream.subarray(at, at + size))));
    at += size;
  }
  decoder.end();
  const text = Buffer.concat([...out, decoder.takeTail()]).toString();
  const values = text
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice("data: ".length)) as unknown);
  return { said: readRecording("openai", values), finish: finishOf(values), state: decoder.state, text };
}

function asStream(events: string[]): Buffer {
  return Buffer.from(`${events.map((data) => `data: ${data}\n\n`).join("")}data: [DONE]\n\n`);
}

function expectTold(reading: { said: Said; finish: string | null }, said: Said, [finish]: Told): void {
  expect(reading.said).toEqual(said);
  expect(reading.finish).toBe(finish);
}

function usageOf([, [input, cached, output, reasoning]]: Told) {
  return {
    input_tokens: input,
    cached_input_tokens: cached,
    output_tokens: output,
    reasoning_tokens: reasoning,
  };
}

const fileOf = (name: string, ending: string) => new URL(name + ending, recordings);
const wholes = Object.entries(told).flatMap(([name, { whole }]) =>
  whole ? [{ name, expected: whole }] : [],
);
const streams = Object.entries(told).flatMap(([name, { stream }]) =>
  stream ? [{ name, expected: stream }] : [],
);

/** Streams up to here are cut at every single byte; of longer ones, that would be read for minutes. */
const shortStream = 6_000;

function readRecordings(): void {
  test("the folder · every file of it is read by a test", () => {
    const files = readdirSync(recordings, { recursive: true, encoding: "utf8" }).filter((file) =>
      /\.(json|chunks\.txt)$/.test(file),
    );
    const read = [
      ...wholes.map(({ name }) => `${name}.json`),
      ...streams.map(({ name }) => `${name}.chunks.txt`),
    ];
    expect(files.toSorted()).toEqual([...read, ...Object.keys(others)].toSorted());
  });

  test.each(wholes)("$name, whole · text, tool calls, finish reason and usage", ({ name, expected }) => {
    const bytes = readFileSync(fileOf(name, ".json"));
    const { codec, operation } = codecOf(name);
    const decoded = codec.decodeResponse(bytes, contextOf(operation, false));
    const shown: unknown = JSON.parse(decoded.bytes.toString());
    const said = readRecording(name.split("/")[0] ?? "", [JSON.parse(bytes.toString())]);
    expectTold({ said: readRecording("openai", [shown]), finish: finishOf([shown]) }, said, expected);
    expect(decoded).toMatchObject({ usage: usageOf(expected), malformed: false, error: null });
  });

  test.each(streams)("$name, streamed · the same, in one piece and cut anywhere", ({ name, expected }) => {
    const events = readFileSync(fileOf(name, ".chunks.txt"), "utf8").trim().split("\n");
    const stream = asStream(events);
    const said = readRecording(
      name.split("/")[0] ?? "",
      events.filter((data) => data !== "[DONE]").map((data) => JSON.parse(data) as unknown),
    );
    const whole = decodeStream(name, stream, [stream.length]);
    expectTold(whole, said, expected);
    expect(whole.state).toMatchObject({ usage: usageOf(expected), terminated: true, error: null });
    const cuts = stream.length <= shortStream ? Array.from(stream.keys()).slice(1) : [];
    for (const sizes of [[1], [2, 5], [61], [997], ...cuts.map((at) => [at, stream.length])]) {
      expect(decodeStream(name, stream, sizes)).toEqual(whole);
    }
  });

  test("google/google-429-retry-info · a limit, with the wait that its body names", () => {
    const body = readFileSync(fileOf("google/google-429-retry-info", ".json"));
    expect(googleWire.classifyError({ status: 429, headers: {}, body })).toMatchObject({
      status: 429,
      retryAfterSeconds: 34.4,
      advice: "next-target",
    });
  });
}

describe("recordings of real providers", () => {
  if (existsSync(recordings)) return readRecordings();
  test("absent here · none was read", () => {
    expect([wholes.length, streams.length].every((count) => count > 0)).toBe(true);
  });
});
