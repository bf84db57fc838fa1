import { PerpetuoError } from "@perpetuo/contracts/errors";
import { describe, expect, test } from "vitest";
import { readModelCall, readStringMap } from "./model-call.ts";

const messages = [{ role: "user", content: "hi" }];
const read = (body: unknown) =>
  readModelCall("chat-completions", Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));

function refusalOf(body: unknown): PerpetuoError {
  try {
    read(body);
  } catch (error) {
    if (error instanceof PerpetuoError) return error;
    throw error;
  }
  throw new Error("the body was accepted");
}

describe("readModelCall", () => {
  test("a plain request · model, no stream, no user", () => {
    const call = read({ model: "gpt", messages });
    expect(call).toMatchObject({ model: "gpt", stream: false, includeUsage: false, user: null });
  });

  test("an escaped model name · is the name that it spells", () => {
    expect(read('{"model":"g\\u0070t","messages":[1]}').model).toBe("gpt");
  });

  test("the body · is kept byte for byte", () => {
    const body = Buffer.from('{ "model":"gpt",\n\t"messages":[1.0e2] }');
    expect(readModelCall("chat-completions", body).body).toBe(body);
  });

  test.each([
    [{ stream: true }, true, false],
    [{ stream: true, stream_options: { include_usage: true } }, true, true],
    [{ stream: true, stream_options: { include_usage: false } }, true, false],
    [{ stream: true, stream_options: null }, true, false],
    [{ stream: null }, false, false],
    [{ stream: false, stream_options: { include_usage: true } }, false, false],
  ])("%j · stream %j, usage wanted %j", (fields, stream, includeUsage) => {
    expect(read({ model: "gpt", messages, ...fields })).toMatchObject({ stream, includeUsage });
  });

  test.each([
    ["model", { messages }, "missing_field"],
    ["messages", { model: "gpt" }, "missing_field"],
    ["model", { model: 7, messages }, "invalid_request"],
    ["model", { model: "", messages }, "invalid_request"],
    ["model", { model: "x".repeat(257), messages }, "invalid_request"],
    ["model", { model: "a\r\nb", messages }, "invalid_request"],
    ["model", '{"model":"\\ud800","messages":[1]}', "invalid_request"],
    ["messages", { model: "gpt", messages: {} }, "invalid_request"],
    ["messages", { model: "gpt", messages: [] }, "invalid_request"],
    ["messages", '{"model":"gpt","messages":[ \n]}', "invalid_request"],
    ["stream", { model: "gpt", messages, stream: "yes" }, "invalid_request"],
    ["stream_options", { model: "gpt", messages, stream: true, stream_options: [] }, "invalid_request"],
    [
      "stream_options",
      { model: "gpt", messages, stream: true, stream_options: { a: "x".repeat(4_096) } },
      "invalid_request",
    ],
    ["model", '{"model":"a","messages":[1],"model":"b"}', "duplicate_field"],
    ["m?del", '{"m\u00f6del":1,"m\u00f6del":2}', "duplicate_field"],
  ])("%s at fault · 400 names it (%j)", (param, body, code) => {
    const error = refusalOf(body);
    expect({ code: error.code, param: error.param, status: error.definition.status }).toEqual({
      code,
      param,
      status: 400,
    });
  });

  const tooDeep = `{"a":${"[".repeat(70)}${"]".repeat(70)}}`;
  const tooWide = `{${Array.from({ length: 1_001 }, (_, index) => `"k${index}":1`)}}`;
  test.each(["", "{", "[1]", '"text"', "{'model':1}", tooDeep, tooWide])("%j · 400 invalid_json", (body) => {
    expect(refusalOf(body).code).toBe("invalid_json");
  });

  test("user · text is kept up to 256 characters, other types are upstream's to judge", () => {
    expect(read({ model: "gpt", messages, user: "u".repeat(300) }).user).toBe("u".repeat(256));
    expect(read({ model: "gpt", messages, user: 5 }).user).toBeNull();
  });
});

describe("readModelCall of embeddings", () => {
  const embed = (fields: object) =>
    readModelCall("embeddings", Buffer.from(JSON.stringify({ model: "small", ...fields })));

  test.each([
    { input: "hi" },
    { input: "" },
    { input: ["hi", "there"] },
    { input: [1, 2] },
    { input: [[1], [2, 3]] },
    { input: "hi", encoding_format: "base64", dimensions: 256 },
    { input: "hi", encoding_format: null, dimensions: null, stream: false },
    { input: Array.from({ length: 2_048 }, () => "hi") },
  ])("%j · is taken", (fields) => {
    expect(embed(fields)).toMatchObject({ operation: "embeddings", model: "small", stream: false });
  });

  test.each([
    ["input", {}, "missing_field"],
    ["input", { input: null }, "invalid_request"],
    ["input", { input: 7 }, "invalid_request"],
    ["input", { input: {} }, "invalid_request"],
    ["input", { input: [] }, "invalid_request"],
    ["input", { input: ["a", 1] }, "invalid_request"],
    ["input", { input: [{ text: "a" }] }, "invalid_request"],
    ["input", { input: Array.from({ length: 2_049 }, () => "hi") }, "invalid_request"],
    ["encoding_format", { input: "a", encoding_format: "int8" }, "invalid_request"],
    ["encoding_format", { input: "a", encoding_format: "x".repeat(5_000) }, "invalid_request"],
    ["dimensions", { input: "a", dimensions: 0 }, "invalid_request"],
    ["dimensions", { input: "a", dimensions: "8" }, "invalid_request"],
    ["dimensions", { input: "a", dimensions: 1.5 }, "invalid_request"],
    ["stream", { input: "a", stream: true }, "invalid_request"],
  ])("%s at fault · 400 names it (%#)", (param, fields, code) => {
    expect(() => embed(fields)).toThrow(expect.objectContaining({ code, param }));
  });
});

describe("readModelCall of completions", () => {
  const complete = (fields: object) =>
    readModelCall("completions", Buffer.from(JSON.stringify({ model: "davinci", ...fields })));

  test("a prompt · streams like a chat completion", () => {
    const call = complete({ prompt: "hi", stream: true, stream_options: { include_usage: true } });
    expect(call).toMatchObject({ operation: "completions", stream: true, includeUsage: true });
  });

  test.each([
    ["prompt", {}, "missing_field"],
    ["prompt", { prompt: [] }, "invalid_request"],
    ["prompt", { prompt: { text: "hi" } }, "invalid_request"],
  ])("%s at fault · 400 names it (%j)", (param, fields, code) => {
    expect(() => complete(fields)).toThrow(expect.objectContaining({ code, param }));
  });
});

describe("readStringMap", () => {
  test.each([
    [{ a: "1", b: 2 }, { a: "1" }],
    [{ b: 2 }, null],
    [["a"], null],
    ["a", null],
    [null, null],
  ])("metadata %j · %j", (metadata, expected) => {
    expect(readStringMap(read({ model: "gpt", messages, metadata }), "metadata")).toEqual(expected);
  });

  test("more than the log takes · 16 members of bounded length", () => {
    const many = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`name-${index}`, "v".repeat(600)]),
    );
    const map = readStringMap(
      read({ model: "gpt", messages, metadata: { ["k".repeat(65)]: "x", ...many } }),
      "metadata",
    );
    expect(Object.keys(map ?? {})).toEqual(Array.from({ length: 16 }, (_, index) => `name-${index}`));
    expect(map?.["name-0"]).toBe("v".repeat(512));
  });

  test("longer than 64 KiB · null, unread", () => {
    const metadata = { a: "1", b: "x".repeat(65_536) };
    expect(readStringMap(read({ model: "gpt", messages, metadata }), "metadata")).toBeNull();
  });

  test("absent · null", () => {
    expect(readStringMap(read({ model: "gpt", messages }), "metadata")).toBeNull();
  });
});
