import { describe, expect, test } from "vitest";
import type { Operation } from "../../adapter.ts";
import { readModelCall } from "../../model-call.ts";
import { encodeRequest } from "./encode-request.ts";
import { openAiWire } from "./index.ts";

const encode = (body: string, upstreamModel = "gpt") => {
  const call = readModelCall("chat-completions", Buffer.from(body));
  return encodeRequest({ call, upstreamModel });
};

describe("encodeRequest", () => {
  test("nothing to change · the client's very buffer", () => {
    const call = readModelCall("chat-completions", Buffer.from('{"model":"gpt","messages":[1]}'));
    expect(encodeRequest({ call, upstreamModel: "gpt" })).toBe(call.body);
  });

  test("another model · its name alone is replaced", () => {
    const body = '{ "n": 1.0,"messages":[{"x":"\\u00e9"}] ,"model" : "a/gpt" , "z":1e2}\n';
    expect(encode(body, "gpt").toString()).toBe(body.replace('"a/gpt"', '"gpt"'));
  });

  test("a model with quotes · is escaped", () => {
    const sent: unknown = JSON.parse(encode('{"model":"gpt","messages":[1]}', 'a"b\\').toString());
    expect(sent).toMatchObject({ model: 'a"b\\' });
  });

  test("a stream without stream_options · the usage chunk is asked for, at the end", () => {
    expect(encode('{"model":"gpt","messages":[1],"stream":true }').toString()).toBe(
      '{"model":"gpt","messages":[1],"stream":true ,"stream_options":{"include_usage":true}}',
    );
  });

  test.each([
    [
      '{"include_usage":false,"include_obfuscation":false}',
      { include_usage: true, include_obfuscation: false },
    ],
    ["{}", { include_usage: true }],
    ["null", { include_usage: true }],
  ])("stream_options %s · asks for usage and keeps the rest", (options, expected) => {
    const sent: unknown = JSON.parse(
      encode(`{"stream_options":${options},"model":"a","messages":[1],"stream":true}`).toString(),
    );
    expect(sent).toEqual({ stream_options: expected, model: "gpt", messages: [1], stream: true });
  });

  test("usage asked for · the options stay as they are", () => {
    const body = '{"model":"gpt","stream":true,"messages":[1],"stream_options":{"include_usage" : true}}';
    expect(encode(body).toString()).toBe(body);
  });
});

describe("endpoint", () => {
  const endpointOf = (operation: Operation, baseUrl: string) =>
    openAiWire(null).operations[operation]?.endpoint({
      baseUrl,
      secret: "sk-1",
      upstreamModel: "gpt",
      stream: false,
    });

  test.each([
    ["https://api.openai.com/v1", "https://api.openai.com", "/v1/chat/completions"],
    ["https://host.example:8443/a/b//", "https://host.example:8443", "/a/b/chat/completions"],
    ["http://127.0.0.1:9", "http://127.0.0.1:9", "/chat/completions"],
  ])("%s · %s %s", (baseUrl, origin, path) => {
    const made = endpointOf("chat-completions", baseUrl);
    expect(made).toMatchObject({ origin, path });
    expect(made?.headers["authorization"]).toBe("Bearer sk-1");
    expect(path).not.toContain("sk-1");
  });

  test.each(["completions", "embeddings"] as const)("%s · has a path of its own", (operation) => {
    expect(endpointOf(operation, "https://host.example/v1")?.path).toBe(`/v1/${operation}`);
  });
});
