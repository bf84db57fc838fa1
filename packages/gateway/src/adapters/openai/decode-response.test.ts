import { describe, expect, test } from "vitest";
import { classifyError } from "./classify-error.ts";
import { decodeResponse } from "./decode-response.ts";
import { readUsage } from "./usage.ts";

describe("decodeResponse", () => {
  test("an answer with usage · counted, and the very same bytes", () => {
    const body = Buffer.from('{"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":2}}');
    const decoded = decodeResponse(body);
    expect(decoded.bytes).toBe(body);
    expect(decoded.usage).toMatchObject({ input_tokens: 4, output_tokens: 2 });
    expect(decoded.malformed).toBe(false);
  });

  test("an answer without usage · null, not zero", () => {
    expect(decodeResponse(Buffer.from('{"choices":[]}')).usage).toBeNull();
    expect(decodeResponse(Buffer.from('{"usage":null}')).usage).toBeNull();
  });

  test.each(["", "<html>", '{"choices":[', "[]", "null", "\u0000"])(
    "%j · malformed, and unchanged",
    (text) => {
      const body = Buffer.from(text);
      expect(decodeResponse(body)).toEqual({ bytes: body, usage: null, malformed: true, error: null });
    },
  );
});

describe("the usage at an answer's end", () => {
  const parsed = (text: string) => {
    const usage = readUsage((JSON.parse(text) as { usage?: unknown }).usage);
    return { usage, malformed: false };
  };
  const counts = {
    prompt_tokens: 4,
    completion_tokens: 2,
    completion_tokens_details: { reasoning_tokens: 1 },
  };

  test.each([
    { choices: [], usage: counts },
    { usage: counts },
    { choices: [], usage: counts, service_tier: "default", note: 'a "usage": {"prompt_tokens":9}' },
    { usage: counts, choices: [{ message: { content: 'say ,"usage": {"prompt_tokens":9}} to me' } }] },
    { usage: counts, choices: [{ usage: { prompt_tokens: 9 } }] },
    { usage: counts, last: { usage: { prompt_tokens: 9 } } },
    { usage: counts, last: { deep: { usage: { prompt_tokens: 9 } } } },
    { choices: [{ usage: { prompt_tokens: 9 } }] },
    { usage: counts, list: ["usage", "usage"] },
    { usage: counts, list: [1, "usage"], text: "usage" },
    { usage: counts, text: ',"usage"' },
    { 'usage"': 1, '"usage': 2, usage: counts },
    { usage: null },
    { usage: counts, long: "x".repeat(5_000) },
    { long: "x".repeat(50_000), usage: counts },
    { long: "é€🦉".repeat(300), usage: counts, end: "é€🦉" },
  ])("%j · is what the whole answer says", (answer) => {
    for (const text of [JSON.stringify(answer), `${JSON.stringify(answer, null, 2)}\n`]) {
      expect(decodeResponse(Buffer.from(text))).toMatchObject(parsed(text));
    }
  });

  test("a key that appears twice · the last one counts, however it is written", () => {
    const first = '{"usage":{"prompt_tokens":1},';
    for (const last of ['"usage":{"prompt_tokens":2}}', '"us\\u0061ge":{"prompt_tokens":2}}']) {
      expect(decodeResponse(Buffer.from(first + last)).usage?.input_tokens).toBe(2);
    }
  });

  test.each([
    '["usage":{"prompt_tokens":1}]',
    '{"usage":{"prompt_tokens":1}',
    '{"usage":{"prompt_tokens":1}}}',
    '"usage"',
  ])("%s · malformed", (text) => {
    expect(decodeResponse(Buffer.from(text))).toMatchObject({ usage: null, malformed: true });
  });
});

describe("readUsage", () => {
  test("details · the cached and the reasoning part", () => {
    const usage = readUsage({
      prompt_tokens: 339,
      completion_tokens: 83,
      prompt_tokens_details: { cached_tokens: 320 },
      completion_tokens_details: { reasoning_tokens: 39 },
    });
    expect(usage).toEqual({
      input_tokens: 339,
      cached_input_tokens: 320,
      output_tokens: 83,
      reasoning_tokens: 39,
    });
  });

  test("parts larger than the whole · are cut to it; what is absent is zero", () => {
    const usage = readUsage({
      prompt_tokens: 3,
      prompt_tokens_details: { cached_tokens: 90 },
      completion_tokens_details: null,
    });
    expect(usage).toEqual({ input_tokens: 3, cached_input_tokens: 3, output_tokens: 0, reasoning_tokens: 0 });
  });

  test.each([-5, 1.5, 2 ** 31, 1e300, "5"])(
    "%j tokens · count nothing, so that they are estimated",
    (count) => {
      expect(readUsage({ prompt_tokens: 3, completion_tokens: count })).toBeNull();
      expect(readUsage({ prompt_tokens: count, completion_tokens: 3 })).toBeNull();
    },
  );

  test.each([null, undefined, 7, "x", {}, { total_tokens: 9 }])("%j · counts nothing", (value) => {
    expect(readUsage(value)).toBeNull();
  });
});

describe("classifyError", () => {
  const classify = (status: number, body: string, headers = {}) =>
    classifyError({ status, headers, body: Buffer.from(body) });

  test("OpenAI's envelope · its message, and the wait that it asks for", () => {
    const body = '{"error":{"message":"slow down","type":"rate_limit_error","code":null}}';
    expect(classify(429, body, { "retry-after": "3" })).toEqual({
      code: "upstream_error",
      advice: "next-target",
      status: 429,
      message: "slow down",
      retryAfterSeconds: 3,
    });
  });

  test.each(["", "<html>no</html>", "null", '{"error":null}', '{"error":{"message":5}}', "[]"])(
    "%j · a sentence of the gateway's own",
    (body) => {
      expect(classify(503, body).message).toBe("the provider answered 503");
    },
  );

  test("a long message · is cut to 500 characters", () => {
    expect(classify(400, JSON.stringify({ error: { message: "m".repeat(900) } })).message).toHaveLength(500);
  });

  test.each([
    [429, '{"error":{"message":"no credit","code":"insufficient_quota"}}', "quota"],
    [429, '{"error":{"message":"no credit","type":"insufficient_quota"}}', "quota"],
    [429, '{"error":{"message":"no credit","code":"enforced_spend_limit_reached"}}', "quota"],
    [429, '{"error":{"code":"rate_limit_exceeded"}}', "next-target"],
    [429, '{"error":"insufficient_quota"}', "next-target"],
    [400, '{"error":{"code":"insufficient_quota"}}', "return"],
  ])("%i %s · %s", (status, body, advice) => {
    expect(classify(status, body).advice).toBe(advice);
  });

  test("401 · blames the provider key", () => {
    expect(classify(401, '{"error":"bad key"}')).toMatchObject({ advice: "credential", message: "bad key" });
  });
});
