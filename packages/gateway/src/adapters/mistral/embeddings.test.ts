import { describe, expect, test } from "vitest";
import { readModelCall } from "../../model-call.ts";
import { mistralEmbeddings } from "./embeddings.ts";

const decode = (data: unknown) =>
  mistralEmbeddings.decodeResponse(Buffer.from(JSON.stringify({ data })), {
    call: readModelCall("embeddings", Buffer.from('{"model":"m","input":["one","two"]}')),
    identity: { id: "1", created: 0, model: "m" },
  });

describe("decodeResponse", () => {
  test.each([
    [
      "in order",
      [
        { index: 0, embedding: [1] },
        { index: 1, embedding: [2] },
      ],
    ],
    [
      "in another order",
      [
        { index: 1, embedding: [2] },
        { index: 0, embedding: [1] },
      ],
    ],
    ["without places", [{ embedding: [1] }, { embedding: [2] }]],
  ])("vectors %s · stand in the order of the texts", (_how, data) => {
    expect(JSON.parse(decode(data).bytes.toString())).toMatchObject({
      data: [
        { index: 0, embedding: [1] },
        { index: 1, embedding: [2] },
      ],
    });
  });

  test.each([
    [
      "one place twice",
      [
        { index: 0, embedding: [1] },
        { index: 0, embedding: [2] },
      ],
    ],
    [
      "a place that is not there",
      [
        { index: 0, embedding: [1] },
        { index: 2, embedding: [2] },
      ],
    ],
    [
      "a place between two",
      [
        { index: 0, embedding: [1] },
        { index: 0.5, embedding: [2] },
      ],
    ],
    ["nothing", [null, null]],
  ])("%s · no answer at all", (_what, data) => {
    expect(decode(data)).toMatchObject({ malformed: true });
  });
});
