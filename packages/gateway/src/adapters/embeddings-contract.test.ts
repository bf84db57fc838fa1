// biome-ignore lint/style/noRestrictedImports: recordings are read from disk; no source file is.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Codec } from "../adapter.ts";
import { readModelCall } from "../model-call.ts";
import type { EmbeddingSamples } from "./contract.test-subject.ts";
import { recordings, subjects } from "./subjects.test-subject.ts";

type Subject = { name: string; codec: Codec; samples: EmbeddingSamples };

const offering = subjects.flatMap(({ name, adapter, embeddings: samples }): Subject[] => {
  const codec = adapter.operations.embeddings;
  return codec === null || samples === null ? [] : [{ name, codec, samples }];
});

const callOf = (fields: object = {}) =>
  readModelCall(
    "embeddings",
    Buffer.from(JSON.stringify({ model: "requested", input: ["one", "two"], ...fields })),
  );
const identity = { id: "1", created: 1_700_000_000, model: "upstream-model" };
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

/** Numbers that 32-bit floats hold exactly, so that both formats can be compared. */
const vectors = [
  [0.5, -0.25, 1.5],
  [-1, 0.125, 3],
];
const base64 = vectors.map((vector) => Buffer.from(new Float32Array(vector).buffer).toString("base64"));

function decoded({ codec }: Subject, answer: object | string, fields: object = {}) {
  const body = typeof answer === "string" ? Buffer.from(answer) : json(answer);
  return codec.decodeResponse(body, { call: callOf(fields), identity });
}

const listOf = (embeddings: readonly unknown[]) => ({
  object: "list",
  data: embeddings.map((embedding, index) => ({ object: "embedding", index, embedding })),
  model: "upstream-model",
  usage: { prompt_tokens: 7, total_tokens: 7 },
});

test("operations · a provider without embeddings has no samples of them", () => {
  const lacking = subjects.filter(({ adapter }) => adapter.operations.embeddings === null);
  expect(lacking.map(({ name, embeddings }) => [name, embeddings])).toEqual([["anthropic", null]]);
});

describe.each(offering)("$name", (subject) => {
  const { codec, samples } = subject;

  test("endpoint · its own path, and the secret in the headers alone", () => {
    const secret = "sk-contract-secret";
    const input = { baseUrl: "https://upstream.example/base", secret, upstreamModel: "upstream-model" };
    const { origin, path, headers } = codec.endpoint({ ...input, stream: false });
    expect(origin + path).toBe(`${input.baseUrl}${samples.path}`);
    expect(JSON.stringify(headers)).toContain(secret);
  });

  test("encodeRequest · in the provider's words, and the call stays as it was", () => {
    const call = callOf({ dimensions: 256 });
    const before = Buffer.from(call.body);
    const sent = codec.encodeRequest({ call, upstreamModel: "upstream-model", maxOutputTokens: null });
    expect(JSON.parse(sent.toString())).toEqual(samples.request);
    expect(call.body.equals(before)).toBe(true);
  });

  test("decodeResponse · OpenAI's list of numbers, with its usage", () => {
    const { bytes, usage, ...rest } = decoded(subject, samples.answer(vectors));
    expect(JSON.parse(bytes.toString())).toEqual(listOf(vectors));
    expect(usage).toMatchObject({ input_tokens: 7, output_tokens: 0 });
    expect(rest).toEqual({ malformed: false, error: null });
  });

  test("decodeResponse · numbers become base64 where it was asked for", () => {
    const { bytes, usage } = decoded(subject, samples.answer(vectors), { encoding_format: "base64" });
    expect(JSON.parse(bytes.toString())).toEqual(listOf(base64));
    expect(usage).toMatchObject({ input_tokens: 7 });
  });

  test("decodeResponse · base64 becomes numbers where those were asked for", () => {
    const { bytes } = decoded(subject, samples.answer(base64), { encoding_format: "float" });
    expect(JSON.parse(bytes.toString())).toEqual(listOf(vectors));
  });

  test("decodeResponse · never throws on what is no answer", () => {
    const text = JSON.stringify(samples.answer(vectors));
    for (const body of ["", "{", "null", "[]", "\uFFFD", text.slice(0, -9)]) {
      expect(decoded(subject, body)).toMatchObject({ usage: null, malformed: true, error: null });
    }
  });
});

describe.each(offering.filter(({ codec }) => codec.wire === "translated"))("$name, translated", (subject) => {
  const { codec, samples } = subject;

  test("encodeRequest · tokens of another tokeniser are refused", () => {
    const call = callOf({ input: [[1, 2]] });
    expect(() => codec.encodeRequest({ call, upstreamModel: "m", maxOutputTokens: null })).toThrow(
      expect.objectContaining({ code: "unsupported_value", param: "input" }),
    );
  });

  test("encodeRequest · a field that the wire has not is refused, one that asks for nothing is left out", () => {
    const encode = (fields: object) =>
      codec.encodeRequest({ call: callOf(fields), upstreamModel: "upstream-model", maxOutputTokens: null });
    expect(() => encode({ service_tier: "priority" })).toThrow(
      expect.objectContaining({ code: "unsupported_value", param: "service_tier" }),
    );
    const idle = { dimensions: 256, user: "somebody", metadata: { a: "1" }, service_tier: null };
    expect(JSON.parse(encode(idle).toString())).toEqual(samples.request);
  });

  test.each([
    ["too few vectors", vectors.slice(1)],
    ["too many vectors", [...vectors, [1]]],
    ["a vector of nothing", [vectors[0], []]],
    ["a vector of texts", [vectors[0], ["1"]]],
    ["no vector", [vectors[0], null]],
    ["half a float", [base64[0], "AAA="]],
  ])("decodeResponse · %s · no answer at all", (_what, given) => {
    expect(decoded(subject, samples.answer(given))).toMatchObject({ malformed: true, usage: null });
  });
});

const recorded = offering.flatMap((subject) =>
  subject.samples.recordings
    .map((name) => ({ subject, name, file: new URL(`${name}.json`, recordings) }))
    .filter(({ file }) => existsSync(file)),
);

describe("recordings of real providers", () => {
  test("the folder · is whole where it is at hand", () => {
    const named = offering.flatMap(({ samples }) => samples.recordings);
    expect(recorded.map(({ name }) => name)).toEqual(existsSync(recordings) ? named : []);
  });

  test.each([...recorded])("$name · two vectors and their tokens, in both formats", ({ subject, file }) => {
    const body = readFileSync(file, "utf8");
    const floats = decoded(subject, body);
    expect(floats.usage?.input_tokens).toBeGreaterThan(0);
    const { data } = JSON.parse(floats.bytes.toString()) as { data: { embedding: number[] }[] };
    expect(data.map(({ embedding }) => embedding.length)).toEqual([5, 5]);
    const encoded = JSON.parse(decoded(subject, body, { encoding_format: "base64" }).bytes.toString());
    const rounded = data.map(({ embedding }) => [...new Float32Array(embedding)]);
    expect(
      (encoded as { data: { embedding: string }[] }).data.map(({ embedding }) => [
        ...new Float32Array(new Uint8Array(Buffer.from(embedding, "base64")).buffer),
      ]),
    ).toEqual(rounded);
  });
});
