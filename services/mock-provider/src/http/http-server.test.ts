import { hash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { start } from "../start.ts";
import {
  type AnswerBody,
  bodyOf,
  chat,
  events,
  startForTest,
  type TestMock,
  type ToolCallBody,
} from "../testing/start-for-test.ts";

let mock: TestMock;
const path = "/v1/chat/completions";
const tool = {
  type: "function",
  function: {
    name: "weather",
    parameters: { type: "object", properties: { city: { type: "string" }, days: { type: "integer" } } },
  },
};

beforeAll(async () => {
  mock = await startForTest();
});
beforeEach(async () => {
  await fetch(`${mock.url}/_mock/requests`, { method: "DELETE" });
});
afterAll(() => mock[Symbol.asyncDispose]());

describe("chat completions", () => {
  it("whole answer · the same bytes for the same request, and the tokens that it reports", async () => {
    const texts = await Promise.all([1, 2].map(async () => (await mock.post(path, chat("chunks=5"))).text()));
    expect(texts[0]).toBe(texts[1]);
    const answer: AnswerBody = JSON.parse(texts[0] ?? "");
    expect(answer).toMatchObject({ object: "chat.completion", model: "test?chunks=5" });
    expect(answer.choices[0]?.message.content.trim().split(" ")).toHaveLength(5);
    expect(answer.usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 });
  });

  it("stream · one content chunk for each token, usage only when asked for", async () => {
    const without = await (await mock.post(path, chat("chunks=5", { stream: true }))).text();
    expect(without.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(events(without)).toHaveLength(7);
    expect(without).not.toContain("usage");

    const options = { stream: true, stream_options: { include_usage: true } };
    const withUsage = events(await (await mock.post(path, chat("chunks=5", options))).text());
    expect(withUsage).toHaveLength(8);
    expect(withUsage.at(-2)).toMatchObject({ usage: null });
    expect(withUsage.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 5 } });
  });

  it("stamp · each token is the time at which it was made", async () => {
    const started = Number(process.hrtime.bigint() / 1_000n);
    const answer: AnswerBody = JSON.parse(await (await mock.post(path, chat("chunks=3&stamp=1"))).text());
    const ended = Number(process.hrtime.bigint() / 1_000n);
    const stamps = answer.choices[0]?.message.content.trim().split(" ").map(Number) ?? [];
    expect(stamps).toHaveLength(3);
    expect([started, ...stamps, ended]).toEqual([started, ...stamps, ended].toSorted((a, b) => a - b));
  });

  it("max_tokens · shortens the answer and says so", async () => {
    const answer = await mock.post(path, chat("chunks=5", { max_tokens: 2 }));
    expect(await bodyOf(answer)).toMatchObject({
      choices: [{ finish_reason: "length" }],
      usage: { completion_tokens: 2 },
    });
  });

  it("tool calls · streamed fragments join to the arguments of the whole answer", async () => {
    const whole = await bodyOf(mock.post(path, chat("tool_calls=2", { tools: [tool] })));
    const calls = whole.choices[0]?.message.tool_calls ?? [];
    expect(calls.map((call) => Object.keys(JSON.parse(call.function.arguments)))).toEqual([
      ["city", "days"],
      ["city", "days"],
    ]);

    const streamed = events(
      await (await mock.post(path, chat("tool_calls=2", { tools: [tool], stream: true }))).text(),
    );
    const joined = ["", ""];
    for (const event of streamed as { choices: { delta: { tool_calls?: ToolCallBody[] } }[] }[]) {
      for (const call of event.choices[0]?.delta.tool_calls ?? []) {
        joined[call.index] += call.function.arguments;
      }
    }
    expect(joined).toEqual(calls.map((call) => call.function.arguments));
    expect(streamed.at(-1)).toMatchObject({ choices: [{ finish_reason: "tool_calls" }] });
  });

  it("echo · repeats the last message", async () => {
    const answer = await bodyOf(mock.post(path, chat("echo=1&chunks=1")));
    expect(answer.choices[0]?.message.content).toBe("hello");
  });

  it.each([
    ["not json", "could not parse"],
    [{ messages: [] }, "model parameter"],
    [{ model: "m" }, "'messages'"],
    [chat("nonsense=1"), "no parameter 'nonsense'"],
  ])("%j · 400 with the reason", async (body, reason) => {
    const answer = await mock.post(path, body);
    expect(answer.status).toBe(400);
    expect((await bodyOf(answer)).error.message).toContain(reason);
  });
});

describe("other endpoints", () => {
  it("embeddings · a vector for each input, in either encoding", async () => {
    const floats = await bodyOf(mock.post("/v1/embeddings", { model: "e", input: ["a", "b"] }));
    expect(floats.data).toHaveLength(2);
    const encoded = await bodyOf(
      mock.post("/v1/embeddings", { model: "e", input: "a", encoding_format: "base64" }),
    );
    const bytes = Buffer.from(encoded.data[0]?.embedding ?? "", "base64");
    expect(bytes.readFloatLE(4)).toBe(floats.data[0]?.embedding[1]);
  });

  it.each([
    ["/v1beta/models/e:batchEmbedContents", { requests: [{ content: { parts: [{ text: "a" }] } }] }, "float"],
    ["/v2/embed", { model: "e", texts: ["a"], embedding_types: ["float"] }, "float"],
    ["/v2/embed", { model: "e", texts: ["a"], embedding_types: ["base64"] }, "base64"],
    ["/mistral/v1/embeddings", { model: "e", input: ["a"] }, "float"],
  ])("%s · the same vector as on OpenAI's wire (%j)", async (wirePath, body, encoding_format) => {
    const plain = await bodyOf(mock.post("/v1/embeddings", { model: "e", input: "a", encoding_format }));
    const answer = await (await mock.post(wirePath, body)).text();
    expect(answer.replaceAll(/\s/g, "")).toContain(JSON.stringify(plain.data[0]?.embedding));
    expect((await mock.records()).map(({ model }) => model)).toEqual(["e", "e"]);
  });

  it("completions · whole and streamed text agree", async () => {
    const call = { model: "c?chunks=4", prompt: "once" };
    const whole = await bodyOf(mock.post("/v1/completions", call));
    const text = await (await mock.post("/v1/completions", { ...call, stream: true })).text();
    const streamed = events(text) as { choices: { text: string }[] }[];
    expect(streamed.map((event) => event.choices[0]?.text).join("")).toBe(whole.choices[0]?.text);
  });

  it("models · lists names, and knows every other one", async () => {
    const list = await bodyOf(fetch(`${mock.url}/v1/models`));
    expect(list.data[0]).toMatchObject({ id: "mock-fast", object: "model" });
    expect(await bodyOf(fetch(`${mock.url}/v1/models/any`))).toMatchObject({ id: "any" });
  });

  it("unknown path · 404 in OpenAI's envelope", async () => {
    const answer = await fetch(`${mock.url}/v2/nothing`);
    expect(answer.status).toBe(404);
    expect((await bodyOf(answer)).error.code).toBe("unknown_url");
  });
});

describe("misbehaviour", () => {
  it("status · error of OpenAI's shape with any header", async () => {
    const answer = await mock.post(path, chat("status=429&retry_after=2&error_code=insufficient_quota"));
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("2");
    expect((await bodyOf(answer)).error).toMatchObject({ code: "insufficient_quota", param: null });
  });

  it("redirect · 307 to the given address", async () => {
    const answer = await mock.post(path, chat(`redirect=${encodeURIComponent("http://127.0.0.1:1/x")}`));
    expect([answer.status, answer.headers.get("location")]).toEqual([307, "http://127.0.0.1:1/x"]);
  });

  it.each([
    ["sk-bad-1", 401],
    ["sk-forbidden-1", 403],
  ])("credential %s · %i", async (credential, status) => {
    const answer = await mock.post(path, chat(""), { authorization: `Bearer ${credential}` });
    expect(answer.status).toBe(status);
  });

  it("fail_first · the second call succeeds", async () => {
    const call = () => mock.post(path, chat("fail_first=1&key=http&status=500"));
    expect((await call()).status).toBe(500);
    expect((await call()).status).toBe(200);
  });

  it("cut=2 · two content chunks, then a broken connection", async () => {
    const answer = await mock.post(path, chat("cut=2", { stream: true }));
    await expect(answer.text()).rejects.toThrow();
    const [record] = await mock.records();
    expect(record).toMatchObject({ outcome: "cut", content_tokens_sent: 2, usage_reported: null });
  });

  it("cut of a whole answer · fewer bytes than its length", async () => {
    const answer = await mock.post(path, chat("cut=0"));
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  it("cut_manner=end · a valid message without [DONE]", async () => {
    const text = await (await mock.post(path, chat("cut=2&cut_manner=end", { stream: true }))).text();
    expect(events(text)).toHaveLength(3);
    expect(text).not.toContain("[DONE]");
  });

  it("cut_manner=error · an error event and no [DONE]", async () => {
    const text = await (await mock.post(path, chat("cut=2&cut_manner=error", { stream: true }))).text();
    expect(events(text).at(-1)).toHaveProperty("error.type", "server_error");
    expect(text).not.toContain("[DONE]");
  });

  it("first_event_error · status 200 and nothing but an error", async () => {
    const answer = await mock.post(path, chat("first_event_error=1", { stream: true }));
    expect(answer.status).toBe(200);
    expect(events(await answer.text())).toHaveLength(1);
  });

  it("chunk_bytes · a large answer arrives whole", async () => {
    const answer = await bodyOf(mock.post(path, chat("chunks=1&chunk_bytes=20000000")));
    expect(answer.choices[0]?.message.content).toHaveLength(20_000_000);
  });
});

describe("records", () => {
  it("request · body digest, bytes, tokens and usage as they were", async () => {
    const body = chat("chunks=3", { stream: true, stream_options: { include_usage: true } });
    const text = await (await mock.post(path, body)).text();
    const [record] = await mock.records();
    expect(record).toMatchObject({
      body_sha256: hash("sha256", JSON.stringify(body)),
      response_sha256: hash("sha256", text),
      bytes_sent: text.length,
      content_tokens_sent: 3,
      usage_reported: { prompt_tokens: 9, completion_tokens: 3 },
      outcome: "answered",
      stream: true,
    });
    expect(await mock.totals()).toMatchObject({
      requests: 1,
      open: 0,
      completion_tokens: 3,
      statuses: { 200: 1 },
    });
  });

  it("credentials · only as digests, and a client's API key is noticed", async () => {
    await mock.post(path, chat(""), { authorization: "Bearer pk_0123456789abcdef" });
    const [record] = await mock.records();
    expect(JSON.stringify(record)).not.toContain("pk_0123456789abcdef");
    expect(record?.headers).toContainEqual([
      "authorization",
      `sha256:${hash("sha256", "pk_0123456789abcdef")}`,
    ]);
    expect(record?.carries_api_key).toBe(true);
  });

  it.each(["hang=head", "hang=stream&hang_after=2", "chunks=endless&pace=5", "latency=60000"])(
    "%s · the client's close is seen",
    async (parameters) => {
      const body = JSON.stringify(chat(parameters, { stream: true }));
      const client = httpRequest(`${mock.url}${path}`, {
        method: "POST",
        headers: { authorization: "Bearer sk-test", "content-length": Buffer.byteLength(body) },
      });
      client.on("error", () => client.destroy());
      client.end(body);
      await vi.waitFor(async () => expect(await mock.totals()).toMatchObject({ requests: 1 }));
      client.destroy();
      await vi.waitFor(async () => {
        const [record] = await mock.records();
        expect(record).toMatchObject({ outcome: "client_closed", client_closed_at: expect.any(Number) });
      });
    },
  );
});

it("start · refuses a port that is taken", async () => {
  const config = { host: "127.0.0.1", rawPort: 0, recordedRequests: 1, logLevel: "silent" } as const;
  await expect(start({ ...config, port: mock.port })).rejects.toThrow("is taken");
});
