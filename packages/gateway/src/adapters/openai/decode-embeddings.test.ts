import { describe, expect, test } from "vitest";
import { readModelCall } from "../../model-call.ts";
import { decodeEmbeddings } from "./decode-embeddings.ts";

const usage = '"usage":{"prompt_tokens":7,"total_tokens":7}';
const context = (encoding_format?: string) => ({
  call: readModelCall("embeddings", Buffer.from(JSON.stringify({ model: "m", input: "a", encoding_format }))),
  identity: { id: "1", created: 0, model: "m" },
});

describe("decodeEmbeddings", () => {
  test.each([
    [undefined, `{ "data":[ {"object":"embedding", "embedding" : [0.10, 1e0]} ], ${usage} }`],
    ["float", `{"data":[{"object":"embedding","embedding":[0.1]}],${usage}}`],
    ["base64", `{"data":[{"object":"embedding","embedding":"AACAPw=="}],${usage}}`],
    ["base64", `{"data":[],${usage}}`],
    ["base64", `{"data":{"embedding":[0.1]},${usage}}`],
    ["base64", `{"data":[{"embedding":[0.1]},{"embedding":[]}],${usage}}`],
  ])("%s asked, answered %s · the very same bytes", (format, answer) => {
    const body = Buffer.from(answer);
    const decoded = decodeEmbeddings(body, context(format));
    expect(decoded.bytes).toBe(body);
    expect(decoded).toMatchObject({ usage: { input_tokens: 7 }, malformed: false, error: null });
  });

  test("a server that knows no base64 · its numbers are encoded, the rest stays", () => {
    const entry = { object: "embedding", index: 0, extra: true };
    const answer = { object: "list", data: [{ ...entry, embedding: [1] }], model: "m", own: 1 };
    const decoded = decodeEmbeddings(Buffer.from(JSON.stringify(answer)), context("base64"));
    expect(JSON.parse(decoded.bytes.toString())).toEqual({
      ...answer,
      data: [{ ...entry, embedding: "AACAPw==" }],
    });
    expect(decoded).toMatchObject({ usage: null, malformed: false, error: null });
  });

  test("too many numbers to encode · an error and billed, not the wrong format", () => {
    const numbers = "0.5,".repeat(4_200_000);
    const body = Buffer.from(`{"data":[{"embedding":[${numbers}1]}],${usage}}`);
    expect(decodeEmbeddings(body, context("base64"))).toMatchObject({
      error: expect.stringContaining("format base64"),
      errorCode: "upstream_response_too_large",
      usage: { input_tokens: 7 },
    });
    expect(decodeEmbeddings(body, context("float"))).toMatchObject({
      error: null,
      usage: { input_tokens: 7 },
    });
  });
});
