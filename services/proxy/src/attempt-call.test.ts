import { readModelCall } from "@perpetuo/gateway/model-call";
import { describe, expect, test } from "vitest";
import type { AttemptResult } from "./answer.ts";
import { attemptWorld, delta, done, finish, streamCall } from "./attempt.test-fixture.ts";
import { AttemptCall } from "./attempt-call.ts";
import { callOf } from "./request.test-fixture.ts";
import type { ScriptedCall } from "./upstream.test-fake.ts";

/** A single call under way, and its result as far as it is known. */
function begin(options: Parameters<typeof attemptWorld>[0] = {}, connected = true) {
  const world = attemptWorld(options);
  world.upstreams.connected = connected;
  const target = world.input.plan.targets[0];
  if (target === undefined) throw new Error("the plan is empty");
  const call = new AttemptCall({ ...world.input, target }, world.deps);
  const known: { result: AttemptResult | null } = { result: null };
  void call.result.then((result) => {
    known.result = result;
  });
  const upstream = world.upstreams.calls[0] as ScriptedCall;
  return { ...world, upstream, known, result: call.result };
}

const failure = (code: string, more: object = {}) => ({
  kind: "failed",
  failure: expect.objectContaining({ code, ...more }) as unknown,
});
const microtasks = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("a whole answer", () => {
  test("in pieces · is one body, and nothing is known before its end", async () => {
    const { upstream, known, result } = begin();
    upstream.head(200, { "content-type": "application/json" }).data('{"choices"').data(":[]}");
    await microtasks();
    expect(known.result).toBeNull();
    upstream.end();
    expect(await result).toMatchObject({ kind: "answered", answer: { body: Buffer.from('{"choices":[]}') } });
  });

  test("broken half-way · failed, never half an answer", async () => {
    const { upstream, result, receipt } = begin();
    upstream.head(200).data('{"choices"').error("upstream_unreachable", "ECONNRESET");
    expect(await result).toMatchObject({ ...failure("upstream_unreachable"), answer: null });
    expect(receipt.attempts[0]).toMatchObject({ outcome: "failed", status: 200 });
  });

  test.each<[string, object, (upstream: ScriptedCall) => void, (number | null)[]]>([
    ["refused", {}, (upstream) => upstream.answer(500, "{}"), [0, 0, 0]],
    [
      "broken half-way",
      {},
      (upstream) => upstream.head(200).data("{").error("upstream_unreachable", "EPIPE"),
      [null, null, null],
    ],
    [
      "without an answer",
      {},
      (upstream) => upstream.error("upstream_unreachable", "ECONNRESET"),
      [null, null, null],
    ],
  ])("%s · costs what is known of it", async (...[, options, play, expected]) => {
    const { upstream, result, receipt } = begin(options);
    play(upstream);
    expect((await result).kind).toBe("failed");
    const [attempt] = receipt.attempts;
    expect([attempt?.input_tokens, attempt?.output_tokens, attempt?.cost_micros]).toEqual(expected);
  });

  test("no JSON · passes as it is, and the attempt says so", async () => {
    const { upstream, result, receipt } = begin();
    upstream.answer(200, "<html>", { "content-length": "6" });
    expect(await result).toMatchObject({ kind: "answered", answer: { body: Buffer.from("<html>") } });
    expect(receipt.attempts[0]).toMatchObject({ outcome: "ok", error: "the answer is not a JSON object" });
  });

  test("no JSON, and no word of how long it is · failed, because it may be half of one", async () => {
    const { upstream, result, receipt } = begin();
    upstream.answer(200, '{"choices":[');
    expect(await result).toMatchObject({ ...failure("upstream_invalid_response"), answer: null });
    expect(receipt.attempts[0]).toMatchObject({
      outcome: "failed",
      error: "the answer is not a JSON object",
    });
  });

  test.each([
    [16, callOf()],
    [64, readModelCall("embeddings", Buffer.from('{"model":"gpt","input":"hi"}'))],
  ])("beyond %i MiB · is refused and stopped", async (most, call) => {
    const { upstream, result } = begin({ call });
    const mebibyte = "x".repeat(1_048_576);
    upstream.head(200);
    for (let index = 0; index < most; index++) upstream.data(mebibyte);
    expect(upstream.aborted).toBe(false);
    upstream.data(mebibyte);
    expect(await result).toMatchObject(failure("upstream_response_too_large"));
    expect(upstream.aborted).toBe(true);
  });

  test("an error beyond 256 KiB · is cut, and is the refusal that its status says", async () => {
    const { upstream, result } = begin();
    upstream.head(500).data("e".repeat(200_000)).data("e".repeat(200_000));
    expect(await result).toMatchObject({
      ...failure("upstream_error", { status: 500 }),
      answer: { status: 500 },
    });
    expect(upstream.aborted).toBe(true);
  });

  test.each([
    ["in its body", (secret: string) => ({ headers: {}, body: `{"error":{"message":"bad ${secret}"}}` })],
    [
      "escaped",
      (secret: string) => ({ headers: {}, body: `{"error":{"message":"\\u0073${secret.slice(1)}"}}` }),
    ],
    ["in a header", (secret: string) => ({ headers: { "retry-after": secret }, body: "{}" })],
  ])(
    "an error that repeats the credential %s · is neither handed on nor written down",
    async (_where, tell) => {
      const { upstream, result, upstreams, receipt } = begin();
      const { headers, body } = tell(upstreams.secret);
      upstream.head(400, headers).data(body).end();
      expect(await result).toMatchObject({ kind: "failed", answer: null });
      expect(JSON.stringify([await result, receipt.attempts])).not.toContain(upstreams.secret);
    },
  );

  test("JSON although a stream was asked for · passes whole", async () => {
    const { upstream, result } = begin({ call: streamCall() });
    upstream.answer(200, '{"choices":[]}');
    expect(await result).toMatchObject({ kind: "answered", answer: { kind: "whole" } });
  });

  test.each([{}, { call: streamCall() }])(
    "compressed although identity was asked · failed (%j)",
    async (options) => {
      const { upstream, result } = begin(options);
      upstream.streamHead({ "content-encoding": "gzip" });
      expect(await result).toMatchObject(failure("upstream_invalid_response"));
      expect(upstream.aborted).toBe(true);
    },
  );
});

describe("a stream", () => {
  test("its head alone · commits nothing; its first event · does", async () => {
    const { upstream, known, result } = begin({ call: streamCall() });
    upstream.streamHead().data(": hello\n\n").data(delta("a").slice(0, 20));
    await microtasks();
    expect(known.result).toBeNull();
    upstream.data(delta("a").slice(20));
    expect(await result).toMatchObject({ kind: "answered", answer: { kind: "stream", status: 200 } });
  });

  test.each(["text/event-stream; charset=utf-8", "Text/Event-Stream"])(
    "of type %s · is one",
    async (type) => {
      const { upstream, result } = begin({ call: streamCall() });
      upstream.head(200, { "content-type": type }).data(delta("a"));
      expect(await result).toMatchObject({ answer: { kind: "stream" } });
    },
  );

  test("an error as its first event · a failed attempt, like any other", async () => {
    const { upstream, result, receipt } = begin({ call: streamCall() });
    upstream.streamHead().data('data: {"error":{"message":"overloaded"}}\n\n');
    expect(await result).toMatchObject({
      ...failure("upstream_error", { advice: "next-target" }),
      answer: null,
    });
    expect(upstream.aborted).toBe(true);
    expect(receipt.attempts[0]).toMatchObject({ outcome: "failed", error: "overloaded", status: 200 });
  });

  test("an error that repeats the credential · is not written down", async () => {
    const { upstream, result, upstreams, receipt } = begin({ call: streamCall() });
    upstream.streamHead().data(`data: {"error":{"message":"bad ${upstreams.secret}"}}\n\n`);
    expect(JSON.stringify([await result, receipt.attempts])).not.toContain(upstreams.secret);
  });

  test("that ends before its first event · failed", async () => {
    const { upstream, result } = begin({ call: streamCall() });
    upstream.streamHead().data(": nothing\n\n").end();
    expect(await result).toMatchObject(failure("upstream_invalid_response"));
  });

  test("of one event without its blank line · is a stream, whole", async () => {
    const { upstream, result } = begin({ call: streamCall() });
    upstream.streamHead().data(finish.trimEnd()).end();
    expect(await result).toMatchObject({ answer: { kind: "stream" } });
  });

  test("of comments without end · is committed after 64 KiB, so that nothing is gathered", async () => {
    const { upstream, result } = begin({ call: streamCall() });
    upstream.streamHead();
    for (let index = 0; index < 65; index++) upstream.data(`: ${"x".repeat(1_020)}\n\n`);
    expect(await result).toMatchObject({ answer: { kind: "stream" } });
  });
});

describe("deadlines", () => {
  test("no connection in time · failed, and nothing was sent", async () => {
    const { pass, upstream, result, receipt } = begin({}, false);
    pass(4_999);
    expect(upstream.aborted).toBe(false);
    pass(1);
    expect(await result).toMatchObject(failure("upstream_timeout"));
    expect(upstream.aborted).toBe(true);
    expect(receipt.attempts[0]?.outcome).toBe("failed");
  });

  test("connected · the answer has its own time, and silence is indeterminate", async () => {
    const { pass, upstream, known, result, receipt } = begin({ call: streamCall() });
    pass(5_000);
    pass(54_999);
    await microtasks();
    expect(known.result).toBeNull();
    pass(1);
    expect(await result).toMatchObject(failure("upstream_timeout", { advice: "other-target" }));
    expect(upstream.aborted).toBe(true);
    expect(receipt.attempts[0]?.outcome).toBe("indeterminate");
  });

  test("a head before the connect limit and a first event long after · in time", async () => {
    const { pass, upstream, known, result } = begin({ call: streamCall() });
    upstream.streamHead();
    pass(30_000);
    await microtasks();
    expect(known.result).toBeNull();
    upstream.data(delta("a"));
    expect(await result).toMatchObject({ answer: { kind: "stream" } });
  });

  test("a whole answer whose body takes minutes · in time", async () => {
    const { pass, upstream, result } = begin();
    upstream.head(200);
    pass(5_000);
    upstream.data("{");
    pass(590_000);
    upstream.data("}").end();
    expect(await result).toMatchObject({ kind: "answered" });
  });

  test("a head, then silence · failed at the limit of the first event", async () => {
    const { pass, upstream, result } = begin({ call: streamCall() });
    upstream.streamHead();
    pass(5_000);
    pass(55_000);
    expect(await result).toMatchObject(failure("upstream_timeout"));
    expect(upstream.aborted).toBe(true);
  });

  test.each(["answer", "failure", "departure"])("after the %s · none is left", async (ending) => {
    const { upstream, exchange, deadlines, result } = begin();
    if (ending === "answer") upstream.answer(200, "{}");
    else if (ending === "failure") upstream.error("upstream_unreachable");
    else exchange.leave();
    await result;
    expect(deadlines.size).toBe(0);
  });
});

describe("the client", () => {
  test("leaves while the first event is awaited · the upstream is stopped", async () => {
    const { upstream, exchange, result, receipt } = begin({ call: streamCall() });
    upstream.streamHead();
    exchange.leave();
    expect(await result).toMatchObject(failure("client_closed_request"));
    expect(upstream.aborted).toBe(true);
    expect(receipt.attempts).toHaveLength(1);
  });

  test("is told that the instance stops · the upstream is stopped and no other is asked", async () => {
    const { upstream, exchange, result } = begin();
    exchange.interrupt();
    expect(await result).toMatchObject(failure("server_shutdown", { advice: "return" }));
    expect(upstream.aborted).toBe(true);
  });

  test("leaves after the first event and before relay · the attempt is written down once", async () => {
    const { upstream, exchange, receipt, deadlines } = begin({ call: streamCall() });
    upstream.streamHead().data(delta("a"));
    exchange.leave();
    upstream.data(finish + done).end();
    expect(upstream.aborted).toBe(true);
    expect(receipt.attempts.map(({ outcome }) => outcome)).toEqual(["aborted"]);
    expect(deadlines.size).toBe(0);
  });
});
