// biome-ignore lint/style/noRestrictedImports: recordings are read from disk; no source file is.
import { existsSync, readFileSync } from "node:fs";
import type { ModelPrice, Usage } from "@perpetuo/contracts/usage";
import { describe, expect, test } from "vitest";
import { readModelCall } from "../model-call.ts";
import { costMicros } from "../price.ts";
import type { ContractSubject } from "./contract.test-subject.ts";
import { recordings, subjects } from "./subjects.test-subject.ts";

const hasRecordings = existsSync(recordings);

/** A rate of its own for every kind of token, so that none can stand in for another. */
const price: ModelPrice = {
  provider: "any",
  model: "any",
  input_micros_per_million: 2_000_003,
  cached_input_micros_per_million: 200_003,
  cache_write_micros_per_million: 2_500_009,
  cache_write_1h_micros_per_million: 4_000_037,
  input_audio_micros_per_million: 32_000_011,
  output_micros_per_million: 10_000_019,
  reasoning_micros_per_million: 12_000_017,
  output_audio_micros_per_million: 64_000_031,
};

const body = {
  model: "m",
  messages: [{ role: "user", content: "hi" }],
  stream_options: { include_usage: true },
};
const callOf = (stream: boolean) =>
  readModelCall("chat-completions", Buffer.from(JSON.stringify({ ...body, stream })));
const identity = { id: "chatcmpl-1", created: 1_700_000_000, model: "m" };

/** OpenAI's `usage`, as a client reads it. */
type ShownUsage = { prompt_tokens: number; completion_tokens: number; total_tokens: number };
/** What the gateway bills, and what its client is shown. */
type Reading = { usage: Usage | null; shown: ShownUsage | null };

function readWhole({ codec }: ContractSubject, bytes: Buffer): Reading {
  const decoded = codec.decodeResponse(bytes, { call: callOf(false), identity });
  return { usage: decoded.usage, shown: JSON.parse(decoded.bytes.toString("utf8")).usage ?? null };
}

function readStream({ codec }: ContractSubject, bytes: Buffer): Reading {
  const decoder = codec.streamDecoder({ call: callOf(true), identity });
  const text = Buffer.from(decoder.push(bytes)).toString("utf8");
  decoder.end();
  const datas = (text + decoder.takeTail().toString("utf8"))
    .split("\n")
    .filter((line) => line.startsWith("data: {"));
  const chunks = datas.map(
    (line) => JSON.parse(line.slice("data: ".length)) as { usage?: ShownUsage | null },
  );
  return { usage: decoder.state.usage, shown: chunks.findLast(({ usage }) => usage)?.usage ?? null };
}

function expectSound({ usage, shown }: Reading): void {
  if (usage === null || shown === null) throw new TypeError("the answer tells no usage");
  const { input_tokens: input, output_tokens: output } = usage;
  expect(shown.prompt_tokens + shown.completion_tokens).toBe(shown.total_tokens);
  // The parts of the input do not overlap, so that nothing is billed twice.
  const parts = usage.cached_input_tokens + (usage.cache_write_tokens ?? 0) + (usage.input_audio_tokens ?? 0);
  expect(parts).toBeLessThanOrEqual(input);
  expect(usage.cache_write_1h_tokens ?? 0).toBeLessThanOrEqual(usage.cache_write_tokens ?? 0);
  expect(usage.reasoning_tokens + (usage.output_audio_tokens ?? 0)).toBeLessThanOrEqual(output);
  expect(costMicros(usage, price)).toBeGreaterThan(0);
}

describe.each([...subjects])("$name", (subject) => {
  test("a stream · is billed as its whole twin, and both tell the client sums that add up", () => {
    const whole = readWhole(subject, Buffer.from(subject.wholeAnswer.body));
    const stream = readStream(subject, Buffer.from(subject.stream.body));
    expectSound(whole);
    expectSound(stream);
    expect(stream.usage).toEqual(whole.usage);
    expect(stream.shown).toEqual(whole.shown);
    if (whole.usage === null || stream.usage === null) throw new TypeError("the answer tells no usage");
    expect(costMicros(stream.usage, price)).toBe(costMicros(whole.usage, price));
  });
});

/** A recorded stream's events as they came; recordings hold one event's data a line. */
function recordedStream(file: URL): Buffer {
  const events = readFileSync(file, "utf8").trim().split("\n");
  return Buffer.from(`${events.map((data) => `data: ${data}\n\n`).join("")}data: [DONE]\n\n`);
}

function readRecordings(): void {
  const named = subjects.flatMap((subject) => subject.recordings.map((name) => ({ subject, name })));

  test.each(named)("$name · sums that add up, whole and streamed", ({ subject, name }) => {
    const [whole, stream] = [new URL(`${name}.json`, recordings), new URL(`${name}.chunks.txt`, recordings)];
    if (existsSync(whole)) expectSound(readWhole(subject, readFileSync(whole)));
    if (existsSync(stream)) expectSound(readStream(subject, recordedStream(stream)));
  });

  test.each([
    ["groq/groq-tool-call", [218, 0, 15, 0], [210, 0, 15, 0]],
    ["deepseek/deepseek-tool-call", [339, 320, 92, 48], [339, 320, 83, 39]],
  ])("%s · the host's own count, as OpenAI's wire", (name, whole, stream) => {
    const openAi = subjects.find((subject) => subject.name === "openai") as ContractSubject;
    const counts = ({ usage }: Reading) => [
      usage?.input_tokens,
      usage?.cached_input_tokens,
      usage?.output_tokens,
      usage?.reasoning_tokens,
    ];
    expect(counts(readWhole(openAi, readFileSync(new URL(`${name}.json`, recordings))))).toEqual(whole);
    expect(counts(readStream(openAi, recordedStream(new URL(`${name}.chunks.txt`, recordings))))).toEqual(
      stream,
    );
  });
}

describe("recordings of real providers", () => {
  if (hasRecordings) return readRecordings();
  test("absent here · only the samples were read", () => {
    expect(subjects.every(({ recordings: names }) => names.length > 0)).toBe(true);
  });
});
