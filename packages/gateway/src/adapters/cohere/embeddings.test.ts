import { describe, expect, test } from "vitest";
import { readModelCall } from "../../model-call.ts";
import { cohereEmbeddings } from "./embeddings.ts";

const call = (fields: object) =>
  readModelCall("embeddings", Buffer.from(JSON.stringify({ model: "m", input: "hello", ...fields })));
const encode = (fields: object): unknown =>
  JSON.parse(
    cohereEmbeddings
      .encodeRequest({ call: call(fields), upstreamModel: "embed-v4.0", maxOutputTokens: null })
      .toString(),
  );

describe("encodeRequest", () => {
  test("a plain text · as a document, whole, in the format that the client wants", () => {
    expect(encode({ encoding_format: "base64" })).toEqual({
      model: "embed-v4.0",
      texts: ["hello"],
      input_type: "search_document",
      embedding_types: ["base64"],
      truncate: "NONE",
    });
  });

  test("input_type and truncate · are the client's where it gives them", () => {
    const chosen = { input_type: "search_query", truncate: "END" };
    expect(encode(chosen)).toMatchObject(chosen);
  });

  test.each([
    [96, "taken"],
    [97, "refused"],
  ])("%i texts · %s", (count, outcome) => {
    const attempt = () => encode({ input: Array.from({ length: count }, () => "a") });
    if (outcome === "taken") expect(attempt()).toMatchObject({ texts: { length: count } });
    else expect(attempt).toThrow(expect.objectContaining({ code: "unsupported_value", param: "input" }));
  });
});

describe("decodeResponse", () => {
  test("base64 as it comes · goes on unread", () => {
    const answer = { embeddings: { base64: ["AACAPw=="] }, meta: { billed_units: { input_tokens: 3 } } };
    const { bytes, usage } = cohereEmbeddings.decodeResponse(Buffer.from(JSON.stringify(answer)), {
      call: call({ encoding_format: "base64" }),
      identity: { id: "1", created: 0, model: "embed-v4.0" },
    });
    expect(JSON.parse(bytes.toString())).toMatchObject({ data: [{ embedding: "AACAPw==" }] });
    expect(usage).toMatchObject({ input_tokens: 3 });
  });
});
