import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import type { Operation } from "@perpetuo/gateway/adapter";
import { generateApiKey } from "@perpetuo/security/api-key";
import { describe, expect, test } from "vitest";
import { attemptWorld, delta, done, finish, usage } from "./attempt.test-fixture.ts";
import { unlimitedAdmission } from "./counters.ts";
import { anthropicDialect } from "./dialects/anthropic.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { openAiDialect } from "./dialects/openai.ts";
import { FakeExchange, headOf } from "./exchange.test-fake.ts";
import type { BodyOutcome, RequestHead } from "./exchange.ts";
import { handleRequest, type Inbound, type RequestDeps } from "./handle-request.ts";
import type { Principal } from "./key-cache.ts";
import { principalOf } from "./request.test-fixture.ts";

const key = generateApiKey();
const question = { model: "gpt", messages: [{ role: "user", content: "hi" }] };
const json = (body: object): BodyOutcome => ({ kind: "complete", body: Buffer.from(JSON.stringify(body)) });

type Options = {
  head?: Partial<RequestHead>;
  body?: BodyOutcome;
  principal?: Principal | null;
  operation?: Operation;
  dialect?: Dialect;
};

/** One request from head to settlement, with an upstream and a client that the test plays. */
function begin({ head = {}, body = json(question), principal = principalOf(), ...asked }: Options = {}) {
  const { upstreams, deps: attemptDeps } = attemptWorld();
  const events: string[] = [];
  const records: RequestLogRecord[] = [];
  const failures: unknown[] = [];
  const exchange = new FakeExchange({
    head: headOf({ authorization: `Bearer ${key.text}`, ...head }),
    body,
    events,
  });
  const deps: RequestDeps = {
    ...attemptDeps,
    maxBodyBytes: 1_000,
    keys: { find: () => principal, isKnown: () => false },
    wallClock: () => Date.UTC(2026, 0, 2),
    isSpoolFull: () => false,
    isSpoolBlocked: () => false,
    isSpoolReplayed: () => true,
    entrance: {
      enter: () => {
        events.push("take place");
        return { row: 1 };
      },
      leave: () => events.push("leave place"),
    },
    counters: {
      admit: (_subjects, _demand, acceptedTime) => ({
        kind: "admitted",
        admission: unlimitedAdmission(acceptedTime),
      }),
      settle: () => undefined,
    },
    debugHeaders: [],
    append: (record, done) => {
      events.push("append");
      records.push(record);
      done({ kind: "written" });
    },
    observe: () => events.push("observe"),
    logFailure: (_request, error) => failures.push(error),
    random: () => 0.5,
    enter: () => events.push("enter"),
    leave: () => events.push("leave"),
  };
  const upstream = upstreams.next();
  const inbound: Inbound = { operation: "chat-completions", dialect: openAiDialect, ...asked };
  const run = () => handleRequest(exchange, inbound, deps);
  return { exchange, deps, events, records, failures, upstream, run };
}

describe("handleRequest", () => {
  test("a whole answer · admitted, called, logged, answered, in this order", async () => {
    const { run, upstream, exchange, events, records } = begin();
    const handled = run();
    (await upstream).answer(200, '{"usage":{"prompt_tokens":7,"completion_tokens":3}}');
    await handled;
    expect(events).toEqual(["enter", "take place", "append", "leave place", "respond", "observe", "leave"]);
    expect(exchange.status).toBe(200);
    expect(records).toMatchObject([{ status_code: 200, input_tokens: 7, output_tokens: 3, cost_micros: 13 }]);
  });

  test("a stream · every event as it comes, the record before [DONE]", async () => {
    const { run, upstream, exchange, events, records } = begin({ body: json({ ...question, stream: true }) });
    const handled = run();
    const call = await upstream;
    call.streamHead().data(delta("a"));
    await new Promise((resolve) => setImmediate(resolve));
    call.data(finish + usage + done).end();
    await handled;
    expect(events).toEqual([
      "enter",
      "take place",
      "start",
      "write",
      "append",
      "leave place",
      "finish",
      "observe",
      "leave",
    ]);
    expect(exchange.text).toBe(delta("a") + finish + done);
    expect(records).toMatchObject([
      { streamed: true, status_code: 200, input_tokens: 7, usage_estimated: false },
    ]);
  });

  test.each([
    ['{"data":[],"usage":{"prompt_tokens":7,"total_tokens":7}}', 7, false],
    ['{"data":[]}', 2, true],
  ])("embeddings, answered %s · input alone is billed", async (answer, tokens, usage_estimated) => {
    const body = json({ model: "gpt", input: "hi", encoding_format: "base64" });
    const { run, upstream, exchange, records } = begin({ operation: "embeddings", body });
    const handled = run();
    (await upstream).answer(200, answer);
    await handled;
    expect(exchange.text).toBe(answer);
    expect(records).toMatchObject([
      { status_code: 200, input_tokens: tokens, output_tokens: 0, cost_micros: tokens, usage_estimated },
    ]);
  });

  test("an operation that nobody offers for the model · 404 says which", async () => {
    const principal = principalOf();
    const [key] = principal.config.providerKeys;
    Object.assign(key ?? {}, { provider: "anthropic", models: ["gpt"] });
    const body = json({ model: "gpt", input: "hi" });
    const { run, exchange, records } = begin({ operation: "embeddings", body, principal });
    await run();
    expect(exchange.status).toBe(404);
    expect(JSON.parse(exchange.text)).toMatchObject({
      error: {
        code: "model_not_found",
        param: "model",
        message: "No enabled provider key of this workspace offers embeddings for the model 'gpt'.",
      },
    });
    expect(records).toMatchObject([{ status_code: 404, error_code: "model_not_found" }]);
  });

  test("metadata · the header's beside the body's, the header's first; and the user", async () => {
    const { run, upstream, records } = begin({
      head: { metadata: '{"team":"header"}' },
      body: json({ ...question, user: "u-1", metadata: { team: "body", run: "7" } }),
    });
    const handled = run();
    (await upstream).answer(200, "{}");
    await handled;
    expect(records).toMatchObject([{ user: "u-1", metadata: { team: "header", run: "7" } }]);
  });

  test("refused credentials · an answer and no record", async () => {
    const { run, exchange, events } = begin({ principal: null });
    await run();
    expect(exchange.status).toBe(401);
    expect(events).toEqual(["enter", "respond", "observe", "leave"]);
  });

  test.each<[string, Options, number, string]>([
    ["no JSON", { body: { kind: "complete", body: Buffer.from("{") } }, 400, "invalid_json"],
    ["no UTF-8", { body: { kind: "complete", body: Buffer.from([0x7b, 0xff, 0x7d]) } }, 400, "invalid_json"],
    ["a body that is too large", { body: { kind: "too-large" } }, 413, "payload_too_large"],
    ["a body that is too slow", { body: { kind: "timed-out" } }, 408, "request_timeout"],
    ["a client that left", { body: { kind: "gone" } }, 499, "client_closed_request"],
    ["a bad time limit", { head: { timeoutMs: "soon" } }, 400, "invalid_request"],
    ["a model that nobody serves", { principal: principalOf(0) }, 404, "model_not_found"],
  ])("%s · one record that says so", async (...[, options, status_code, error_code]) => {
    const { run, records, events } = begin(options);
    await run();
    expect(records).toMatchObject([{ status_code, error_code, attempts: [] }]);
    expect(events.filter((event) => event === "leave")).toHaveLength(1);
  });

  test("a failure of the gateway's own · 500, logged for the operator, one record", async () => {
    const { run, deps, exchange, records, failures } = begin();
    deps.isSpoolFull = () => {
      throw new Error("a bug");
    };
    await run();
    expect([exchange.status, records.length, failures.length]).toEqual([500, 1, 1]);
    expect(exchange.text).not.toContain("a bug");
  });

  test("settlement itself fails · the request is counted out all the same", async () => {
    const { run, deps, upstream, events, failures } = begin();
    deps.observe = () => {
      throw new Error("a bug");
    };
    const handled = run();
    (await upstream).answer(200, "{}");
    await handled;
    expect(failures).toMatchObject([{ message: "a bug" }]);
    expect(events.at(-1)).toBe("leave");
    expect(events.filter((event) => event === "leave place")).toHaveLength(1);
  });

  test("no place · 503 before the body has come, with its row", async () => {
    const { run, deps, exchange, records, events } = begin({ body: { kind: "gone" } });
    deps.entrance.enter = () => {
      throw new PerpetuoError("overloaded", { retryAfterSeconds: 1 });
    };
    await run();
    expect([exchange.status, exchange.header("retry-after")]).toEqual([503, ["1"]]);
    expect(records).toMatchObject([{ status_code: 503, error_code: "overloaded" }]);
    expect(events).not.toContain("leave place");
  });

  test("a dry run · answers with the plan, calls nobody, and has its row", async () => {
    const { run, exchange, records, deps } = begin({ head: { explain: "1" }, principal: principalOf(2) });
    deps.upstreams.send = () => {
      throw new Error("nobody may be called");
    };
    await run();
    expect(exchange.status).toBe(200);
    expect(JSON.parse(exchange.text)).toMatchObject({
      object: "perpetuo.explanation",
      requested_model: "gpt",
      targets: [{ provider_key_id: "provider-key-1" }, { provider_key_id: "provider-key-2" }],
      candidates: [{ verdict: "target", reason: "priority 1" }, { verdict: "target" }],
      estimated_input_tokens: 11,
    });
    expect(records).toMatchObject([{ status_code: 200, provider: null, attempts: [], cost_micros: 0 }]);
  });

  test("a dry run that is asked for in other words · 400, because the call would be paid", async () => {
    const { run, exchange } = begin({ head: { explain: "yes" } });
    await run();
    expect(exchange.status).toBe(400);
    expect(exchange.text).toContain("x-perpetuo-explain");
  });
});

describe("handleRequest in Anthropic's dialect", () => {
  const messages: Options = { operation: "messages", dialect: anthropicDialect };
  const ask = (members: object = {}) => json({ ...question, max_tokens: 9, ...members });
  const envelope = (type: string) => ({
    type: "error",
    error: { type, message: expect.any(String) },
    request_id: "request-1",
  });

  test("another wire's answer · is a message, billed as a completion would be", async () => {
    const { run, upstream, exchange, records } = begin({ ...messages, body: ask() });
    const handled = run();
    const answer = { choices: [{ message: { content: "hi" }, finish_reason: "stop" }] };
    const counts = { prompt_tokens: 7, completion_tokens: 3 };
    (await upstream).answer(200, JSON.stringify({ ...answer, usage: counts }));
    await handled;
    expect(JSON.parse(exchange.text)).toMatchObject({
      id: `msg_${exchange.id}`,
      content: [{ type: "text", text: "hi" }],
      usage: { input_tokens: 7, output_tokens: 3 },
    });
    expect(exchange.header("request-id")).toEqual(["request-1"]);
    expect(records).toMatchObject([{ status_code: 200, input_tokens: 7, output_tokens: 3, cost_micros: 13 }]);
  });

  test("no room · 529 to the client and in its row", async () => {
    const { run, exchange, records, deps } = begin({ ...messages, body: ask() });
    deps.entrance.enter = () => {
      throw new PerpetuoError("overloaded");
    };
    await run();
    expect(exchange.status).toBe(529);
    expect(JSON.parse(exchange.text)).toEqual(envelope("overloaded_error"));
    expect(records).toMatchObject([{ status_code: 529, error_code: "overloaded" }]);
  });

  test("a stream that breaks off · ends in an event named error, and no message_stop", async () => {
    const { run, upstream, exchange, records } = begin({ ...messages, body: ask({ stream: true }) });
    const handled = run();
    const call = await upstream;
    call.streamHead().data(delta("a"));
    await new Promise((resolve) => setImmediate(resolve));
    call.error("upstream_unreachable");
    await handled;
    const events = exchange.text.trimEnd().split("\n\n");
    expect(events[0]).toMatch(/^event: message_start\n/);
    expect(events.at(-1)).toMatch(/^event: error\ndata: /);
    expect(JSON.parse(events.at(-1)?.slice("event: error\ndata: ".length) ?? "")).toEqual(
      envelope("api_error"),
    );
    expect(exchange.text).not.toContain("message_stop");
    expect(records).toMatchObject([{ status_code: 502, error_code: "upstream_stream_interrupted" }]);
  });
});
