import { adapterFor } from "@perpetuo/gateway/adapters/registry";
import type { Target } from "@perpetuo/gateway/routing/target";
import { describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";

import { attemptWorld, delta, done, finish, streamCall, usage } from "../attempt.test-fixture.ts";
import { anthropicDialect } from "../dialects/anthropic.ts";
import type { Ending } from "../ending.ts";
import type { Header } from "../exchange.ts";
import { callOf, messagesCall } from "../request.test-fixture.ts";
import type { ScriptedCall } from "../upstream.test-fake.ts";
import { relay } from "./6-relay.ts";

const debugHeaders: Header[] = [["x-perpetuo-thread", "0"]];

/** A stream that is being relayed, after its first event. */
async function relaying(first = delta("a"), members: object = {}) {
  const world = attemptWorld({ call: streamCall(members) });
  const attempting = world.run();
  const upstream = world.upstreams.calls[0] as ScriptedCall;
  upstream.streamHead().data(first);
  const answer = await attempting;
  const known: { ending: Ending | null } = { ending: null };
  const ending = Promise.resolve(relay(answer, world.input, { ...world.deps, debugHeaders }));
  void ending.then((value) => {
    known.ending = value;
  });
  return { ...world, upstream, ending, known };
}

describe("relay of a stream", () => {
  test("events · pass as they come; the terminal one waits for settle", async () => {
    const { exchange, upstream, ending } = await relaying();
    expect(exchange.text).toBe(delta("a"));
    upstream.data(delta("b"));
    expect(exchange.text).toBe(delta("a") + delta("b"));
    upstream.data(finish + usage + done).end();
    expect(await ending).toEqual({ kind: "stream-complete", tail: Buffer.from(done), upstreamError: null });
    expect(exchange.text).toBe(delta("a") + delta("b") + finish);
    expect(exchange.events).toEqual(["start", "write", "write"]);
  });

  test("the head · status, gateway's headers, and none of its own buffering", async () => {
    const { exchange } = await relaying();
    expect(exchange.status).toBe(200);
    expect(exchange.header("content-type")).toEqual(["text/event-stream"]);
    expect(exchange.header("x-request-id")).toEqual(["request-1"]);
    expect(exchange.header("x-accel-buffering")).toEqual(["no"]);
    expect(exchange.header("x-perpetuo-attempts")).toEqual(["1"]);
    expect(exchange.header("x-perpetuo-thread")).toEqual(["0"]);
  });

  test("after a target that failed · the head says that it took two", async () => {
    const { run, upstreams, input, deps, exchange } = attemptWorld({ targets: 2, call: streamCall() });
    const attempting = run();
    upstreams.calls[0]?.answer(503, "{}");
    (await upstreams.next()).streamHead().data(delta("a"));
    void relay(await attempting, input, { ...deps, debugHeaders: [] });
    expect(exchange.header("x-perpetuo-attempts")).toEqual(["2"]);
  });

  test("usage · the provider's own count, not an estimate", async () => {
    const { upstream, ending, receipt } = await relaying();
    upstream.data(finish + usage + done).end();
    await ending;
    expect(receipt.usage).toMatchObject({ input_tokens: 7, output_tokens: 3 });
    expect(receipt.usageEstimated).toBe(false);
  });

  test("no usage · estimated from what was seen, and marked", async () => {
    const { upstream, ending, receipt, input } = await relaying();
    upstream.data(delta("b") + finish + done).end();
    await ending;
    const prompt = JSON.stringify([{ role: "user", content: "hi" }]);
    expect(input.call.body.toString()).toContain(prompt);
    expect(receipt.usage).toMatchObject({ input_tokens: Math.ceil(prompt.length / 3), output_tokens: 2 });
    expect(receipt.usageEstimated).toBe(true);
  });

  test.each([
    ["behind what was seen", 1, 3],
    ["ahead of it", 9, 9],
  ])("a count %s of a stream that breaks · the larger one, marked", async (_where, counted, output) => {
    const { upstream, ending, receipt } = await relaying();
    const early = { choices: [], usage: { prompt_tokens: 7, completion_tokens: counted } };
    upstream.data(`data: ${JSON.stringify(early)}\n\n${delta("b")}${delta("c")}`).end();
    await ending;
    expect(receipt.usage).toMatchObject({ input_tokens: 7, output_tokens: output });
    expect(receipt.usageEstimated).toBe(true);
  });

  test("a reader that falls behind · pauses the upstream until it has caught up", async () => {
    const { exchange, upstream } = await relaying();
    exchange.outcome = "backed-up";
    upstream.data(delta("b"));
    expect(upstream.asked).toEqual(["pause"]);
    exchange.drain();
    expect(upstream.asked).toEqual(["pause", "resume"]);
    upstream.data(delta("c"));
    expect(upstream.asked).toEqual(["pause", "resume"]);
  });

  test("a reader behind for hours · is not the upstream's silence", async () => {
    const { exchange, upstream, pass, known } = await relaying();
    exchange.outcome = "backed-up";
    upstream.data(delta("b"));
    pass(1_000_000);
    expect(upstream.aborted).toBe(false);
    exchange.drain();
    pass(120_000);
    await Promise.resolve();
    expect(upstream.aborted).toBe(true);
    expect(known.ending).toMatchObject({ kind: "stream-broken", failure: { code: "upstream_timeout" } });
  });

  test("the whole stream's time · ends it, also while the reader is behind", async () => {
    const { exchange, upstream, pass, ending } = await relaying();
    exchange.outcome = "backed-up";
    upstream.data(delta("b"));
    pass(1_800_000);
    expect(await ending).toMatchObject({ kind: "stream-broken", failure: { code: "upstream_timeout" } });
  });

  test.each(["client-gone", "client-stalled"] as const)(
    "%s · the upstream is stopped at once",
    async (reason) => {
      const { exchange, upstream, ending, receipt } = await relaying(delta("a") + delta("b"));
      exchange.leave(reason);
      expect(upstream.aborted).toBe(true);
      expect(await ending).toEqual({ kind: "client-gone", reason });
      expect(receipt).toMatchObject({ usageEstimated: true, usage: { output_tokens: 2 } });
      expect(receipt.attempts.map(({ outcome }) => outcome)).toEqual(["aborted"]);
    },
  );

  test("the instance stops · the upstream too, and the stream ends in words", async () => {
    const { exchange, upstream, ending, receipt } = await relaying();
    exchange.interrupt();
    expect(upstream.aborted).toBe(true);
    expect(await ending).toMatchObject({ kind: "stream-broken", failure: { code: "server_shutdown" } });
    expect(receipt.attempts.map(({ outcome }) => outcome)).toEqual(["aborted"]);
  });

  test("cut in the middle · broken, and nothing more is sent", async () => {
    const { exchange, upstream, ending } = await relaying();
    upstream.error("upstream_unreachable", "ECONNRESET");
    expect(await ending).toMatchObject({
      kind: "stream-broken",
      failure: { code: "upstream_stream_interrupted", message: "ECONNRESET" },
    });
    expect(exchange.text).toBe(delta("a"));
  });

  test("an error event in the middle · passes, and the ending tells of it", async () => {
    const { exchange, upstream, ending } = await relaying();
    const event = 'data: {"error":{"message":"overloaded"}}\n\n';
    upstream.data(event).end();
    expect(await ending).toMatchObject({ kind: "stream-complete", upstreamError: "overloaded" });
    expect(exchange.text).toBe(delta("a") + event);
  });

  test("nothing but [DONE] · a head without a byte, and the tail for settle", async () => {
    const { exchange, upstream, ending } = await relaying(done);
    expect(exchange.started).toBe(false);
    upstream.end();
    expect(await ending).toMatchObject({ kind: "stream-complete", tail: Buffer.from(done) });
    expect(exchange.started).toBe(true);
    expect(exchange.text).toBe("");
  });

  test("cut before a byte was sent · no head, so that settle can still say 502", async () => {
    const { exchange, upstream, ending } = await relaying(usage);
    upstream.error("upstream_unreachable");
    expect(await ending).toMatchObject({ kind: "stream-broken" });
    expect(exchange.started).toBe(false);
  });

  test("a client that asked for the usage chunk · gets it", async () => {
    const { exchange, upstream } = await relaying(delta("a"), { stream_options: { include_usage: true } });
    upstream.data(usage);
    expect(exchange.text).toBe(delta("a") + usage);
  });
});

describe("a stream's silences", () => {
  /** A stream in Anthropic's dialect, of a target of that wire or of another. */
  async function silent(codec: "pass-through" | "translated") {
    const call = messagesCall({ stream: true });
    const world = attemptWorld({ call, dialect: anthropicDialect });
    const [target] = world.input.plan.targets;
    const adapter = codec === "translated" ? adapterFor("mock") : adapterFor("anthropic");
    const spoken = { ...target, adapter, codec: adapter.operations.messages } as Target;
    world.input.plan = { ...world.input.plan, targets: [spoken] };
    const attempting = world.run();
    const upstream = world.upstreams.calls[0] as ScriptedCall;
    const first = codec === "translated" ? delta("a") : 'data: {"type":"message_start"}\n\n';
    upstream.streamHead().data(first);
    const ending = Promise.resolve(relay(await attempting, world.input, { ...world.deps, debugHeaders }));
    return { ...world, upstream, ending, begun: world.exchange.text };
  }
  const ping = 'event: ping\ndata: {"type":"ping"}\n\n';

  test("of a translated one · get a ping every fifteen seconds, and its upstream no more time for it", async () => {
    const { exchange, pass, begun, ending, upstream } = await silent("translated");
    for (let second = 0; second < 45; second++) pass(1_000);
    expect(exchange.text).toBe(begun + ping.repeat(3));
    pass(75_001);
    expect((await ending).kind).toBe("stream-broken");
    expect(upstream.aborted).toBe(true);
    const { text } = exchange;
    pass(60_000);
    expect(exchange.text).toBe(text);
  });

  test("with pieces in between · none", async () => {
    const { exchange, pass, upstream } = await silent("translated");
    for (let turn = 0; turn < 5; turn++) {
      pass(10_000);
      upstream.data(delta("b"));
    }
    expect(exchange.text.split(ping)).toHaveLength(2);
  });

  test("of Anthropic's own · are its to fill", async () => {
    const { exchange, pass, begun } = await silent("pass-through");
    for (let second = 0; second < 45; second++) pass(1_000);
    expect(exchange.text).toBe(begun);
  });
});

describe("relay of a whole answer", () => {
  const answer = (failure: Extract<Answer, { kind: "whole" }>["failure"] = null): Answer => ({
    kind: "whole",
    status: failure === null ? 200 : 400,
    headers: [["content-type", "application/json"]],
    body: Buffer.from('{"choices":[]}'),
    failure,
  });

  test("is held back entirely", async () => {
    const { input, exchange, deps } = attemptWorld({ call: callOf() });
    const ending = await relay(answer(), input, { ...deps, now: () => 5, debugHeaders });
    expect(ending).toMatchObject({ kind: "whole", status: 200, body: Buffer.from('{"choices":[]}') });
    expect(exchange.events).toEqual([]);
    expect(input.receipt.firstByteAt).toBe(5);
  });

  test("without usage · is estimated; with · is not", async () => {
    const { input, receipt, deps } = attemptWorld();
    await relay(answer(), input, { ...deps, debugHeaders });
    expect(receipt).toMatchObject({ usageEstimated: true, usage: { output_tokens: 5 } });
    const counted = attemptWorld();
    counted.receipt.usage = { ...counted.receipt.usage, input_tokens: 9 };
    await relay(answer(), counted.input, { ...deps, debugHeaders });
    expect(counted.receipt).toMatchObject({ usageEstimated: false, usage: { input_tokens: 9 } });
  });

  test("a refusal · costs nothing and has no first byte", async () => {
    const { input, receipt, deps } = attemptWorld();
    const failure = {
      code: "upstream_error" as const,
      advice: "return" as const,
      status: 400,
      message: "no",
      retryAfterSeconds: null,
    };
    expect(await relay(answer(failure), input, { ...deps, debugHeaders })).toMatchObject({ failure });
    expect(receipt).toMatchObject({ usageEstimated: false, firstByteAt: null, usage: { output_tokens: 0 } });
  });
});
