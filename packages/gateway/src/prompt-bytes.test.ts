import { describe, expect, test } from "vitest";
import type { Operation } from "./adapter.ts";
import { readModelCall } from "./model-call.ts";
import { promptBytes } from "./prompt-bytes.ts";

const bytes = (operation: Operation, members: string) =>
  promptBytes(readModelCall(operation, Buffer.from(`{"model":"m",${members}}`)));

describe("promptBytes", () => {
  test("tools and schemas · count like messages; the rest does not", () => {
    const messages = '"messages":["0123456789 "]';
    expect(bytes("chat-completions", messages)).toBe(15);
    const more = `${messages},"tools":["0123"],"response_format":{"a":1},"user":"somebody"`;
    expect(bytes("chat-completions", more)).toBe(15 + 8 + 7);
  });

  test("other operations · have other fields that are read", () => {
    expect(bytes("embeddings", '"input":"0123","prompt":"not read"')).toBe(6);
    expect(bytes("completions", '"prompt":"0123","suffix":"01","input":"not read"')).toBe(6 + 4);
  });
});
