import { describe, expect, test } from "vitest";
import { readModelCall } from "../../model-call.ts";
import { googleEmbeddings } from "./embeddings.ts";

const call = (fields: object) =>
  readModelCall("embeddings", Buffer.from(JSON.stringify({ model: "m", input: "hello", ...fields })));
const encode = (fields: object): unknown =>
  JSON.parse(
    googleEmbeddings
      .encodeRequest({ call: call(fields), upstreamModel: "gemini-embedding-001", maxOutputTokens: null })
      .toString(),
  );

describe("encodeRequest", () => {
  test.each([
    ["search_document", "RETRIEVAL_DOCUMENT"],
    ["search_query", "RETRIEVAL_QUERY"],
    ["classification", "CLASSIFICATION"],
    ["clustering", "CLUSTERING"],
  ])("input_type %s · is %s", (input_type, taskType) => {
    const content = { parts: [{ text: "hello" }] };
    expect(encode({ input_type })).toEqual({
      requests: [{ model: "models/gemini-embedding-001", content, taskType }],
    });
  });

  test.each([
    ["input_type", { input_type: "image" }],
    ["input_type", { input_type: 7 }],
    ["input", { input: Array.from({ length: 101 }, () => "a") }],
    ["truncate", { truncate: "END" }],
  ])("%s that it cannot carry · 400 names it", (param, fields) => {
    expect(() => encode(fields)).toThrow(expect.objectContaining({ code: "unsupported_value", param }));
  });

  test("a hundred texts · are taken", () => {
    expect(encode({ input: Array.from({ length: 100 }, () => "a") })).toMatchObject({
      requests: { length: 100 },
    });
  });
});

describe("decodeResponse", () => {
  test("a model that does not count · the client sees the estimate that is billed", () => {
    const body = Buffer.from(JSON.stringify({ embeddings: [{ values: [0.5] }] }));
    const identity = { id: "1", created: 0, model: "gemini-embedding-001" };
    const { bytes, usage } = googleEmbeddings.decodeResponse(body, { call: call({}), identity });
    expect(usage).toBeNull();
    // The text and its quotes are seven bytes, and three bytes count as a token.
    expect(JSON.parse(bytes.toString())).toMatchObject({
      model: "gemini-embedding-001",
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
  });
});
