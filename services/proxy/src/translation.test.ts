import { PerpetuoError } from "@perpetuo/contracts/errors";
import { noUsage } from "@perpetuo/contracts/usage";
import { anthropicChat, anthropicWire } from "@perpetuo/gateway/adapters/anthropic/index";
import type { Target } from "@perpetuo/gateway/routing/target";
import { describe, expect, test } from "vitest";
import type { Answer } from "./answer.ts";
import { attemptWorld, streamCall } from "./attempt.test-fixture.ts";
import { callOf } from "./request.test-fixture.ts";

const event = (data: { type: string; [field: string]: unknown }) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const start = event({
  type: "message_start",
  message: { id: "msg_1", model: "claude", usage: { input_tokens: 4, output_tokens: 1 } },
});

/** One request whose targets speak Anthropic's wire; `passThrough` of them, the last ones, speak the client's. */
function translatedWorld(options: Parameters<typeof attemptWorld>[0] & { passThrough?: number } = {}) {
  const world = attemptWorld(options);
  const { plan } = world.input;
  const translated = plan.targets.length - (options.passThrough ?? 0);
  const targets = plan.targets.map((target, index) =>
    index < translated ? { ...target, adapter: anthropicWire, codec: anthropicChat } : target,
  );
  world.input.plan = { ...plan, targets };
  world.receipt.plan = world.input.plan;
  return world;
}

const bodyOf = (answer: Answer) =>
  answer.kind === "whole" ? JSON.parse(answer.body.toString()) : expect.unreachable();

describe("a target of another wire", () => {
  test("a whole answer · is a chat completion, metered, with an id of the request's where it has none", async () => {
    const { run, upstreams, receipt } = translatedWorld();
    const answering = run();
    const [call] = upstreams.calls;
    expect(JSON.parse(call?.request.body.toString() ?? "")).toMatchObject({ max_tokens: 4_096 });
    call?.answer(
      200,
      JSON.stringify({
        content: [{ type: "text", text: "hi" }],
        stop_reason: "end_turn",
        usage: { input_tokens: 4, output_tokens: 2 },
      }),
    );
    expect(bodyOf(await answering)).toMatchObject({
      id: `chatcmpl-${receipt.id}`,
      object: "chat.completion",
      choices: [{ message: { content: "hi" } }],
    });
    expect(receipt.usage).toMatchObject({ input_tokens: 4, output_tokens: 2 });
  });

  test("a stream · is committed with the provider's first event", async () => {
    const { run, upstreams } = translatedWorld({ call: streamCall() });
    const answering = run();
    upstreams.calls[0]?.streamHead().data(start);
    expect((await answering).kind).toBe("stream");
  });

  test.each([
    [529, "overloaded_error"],
    [400, "invalid_request_error"],
  ])("a refusal %i · stands in the client's envelope", async (status, type) => {
    const { run, upstreams } = translatedWorld();
    const answering = run();
    const refusal = JSON.stringify({ type: "error", error: { type, message: "said upstream" } });
    upstreams.calls[0]?.answer(status, refusal, {
      "content-encoding": "identity",
      "x-should-retry": "false",
    });
    const answer = await answering;
    expect(answer).toMatchObject({ kind: "whole", status });
    expect(bodyOf(answer)).toEqual({
      error: {
        message: "said upstream",
        type: status < 500 ? "invalid_request_error" : "upstream_error",
        param: null,
        code: "upstream_error",
      },
    });
    if (answer.kind === "whole") {
      expect(answer.headers).toContainEqual(["content-type", "application/json"]);
      expect(answer.headers.map(([name]) => name)).not.toContain("content-encoding");
    }
  });

  test("what the wire cannot carry · 400 naming the field, and nobody was called", async () => {
    const { run, upstreams } = translatedWorld({ call: callOf({ logit_bias: { "5": 1 } }) });
    const error = await run().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PerpetuoError);
    expect(error).toMatchObject({ code: "unsupported_value", param: "logit_bias" });
    expect(upstreams.calls).toHaveLength(0);
  });

  test("what the wires of three cannot carry · no calls, and the fourth is asked", async () => {
    const call = callOf({ logit_bias: { "5": 1 } });
    const { run, upstreams, receipt } = translatedWorld({ targets: 4, passThrough: 1, call });
    const answering = run();
    (upstreams.calls[0] ?? (await upstreams.next())).answer(200, '{"choices":[]}');
    expect(await answering).toMatchObject({ kind: "whole", status: 200 });
    expect(receipt.attempts.map(({ outcome }) => outcome)).toEqual(["refused", "refused", "refused", "ok"]);
  });

  test("what more wires than are tried cannot carry · the refusal, though another could", async () => {
    const call = callOf({ logit_bias: { "5": 1 } });
    const { run, upstreams, receipt } = translatedWorld({ targets: 9, passThrough: 1, call });
    await expect(run()).rejects.toMatchObject({ code: "unsupported_value" });
    expect(upstreams.calls).toHaveLength(0);
    expect(receipt.attempts).toHaveLength(8);
  });

  test("what the first wire cannot carry · takes nothing of the second's budget for retries", async () => {
    const call = callOf({ logit_bias: { "5": 1 } });
    const { run, upstreams, health, input } = translatedWorld({ targets: 2, passThrough: 1, call });
    const second = input.plan.targets[1] as Target;
    for (let retry = 0; retry < 35; retry++) health.takeRetry(second, "fallback");
    expect(health.takeRetry(second, "fallback")).toBeNull();
    const answering = run();
    (upstreams.calls[0] ?? (await upstreams.next())).answer(200, '{"choices":[]}');
    expect(await answering).toMatchObject({ kind: "whole", status: 200 });
  });

  test("what the wire cannot carry, behind a target that failed · that one's failure is told", async () => {
    const call = callOf({ logit_bias: { "5": 1 } });
    const { run, upstreams, input } = translatedWorld({ targets: 2, passThrough: 1, call });
    input.plan = { ...input.plan, targets: input.plan.targets.toReversed() };
    const answering = run();
    upstreams.calls[0]?.answer(503, '{"error":{"message":"busy"}}', { "x-should-retry": "false" });
    expect(await answering).toMatchObject({ kind: "whole", status: 503 });
    expect(upstreams.calls).toHaveLength(1);
  });

  test("a good answer that cannot be handed on · asked for once, billed, and no fault of the target's", async () => {
    const { run, upstreams, receipt, input, health } = translatedWorld();
    const [target] = input.plan.targets as [Target];
    const usage = { ...noUsage, input_tokens: 7 };
    const decoded = { bytes: Buffer.alloc(0), usage, malformed: false, error: "too many to convert" };
    const decodeResponse = () => ({ ...decoded, errorCode: "upstream_response_too_large" as const });
    const changed = { ...target, codec: { ...target.codec, decodeResponse } };
    for (let request = 0; request < 10; request++) {
      receipt.calls = 0;
      input.plan = { ...input.plan, targets: [changed] };
      const answering = run();
      upstreams.calls.at(-1)?.answer(200, "{}");
      await expect(answering).rejects.toMatchObject({ code: "upstream_response_too_large" });
    }
    expect(upstreams.calls).toHaveLength(10);
    expect(receipt.wastedUsage).toMatchObject({ input_tokens: 70 });
    expect(health.obstacleTo(changed)).toBeNull();
  });

  test("a wait that is asked for · is told in whole seconds", async () => {
    const { run, upstreams } = translatedWorld();
    const answering = run();
    upstreams.calls[0]?.answer(400, "{}", { "retry-after": "1.5" });
    const { headers } = (await answering) as Answer & { kind: "whole" };
    expect(headers.filter(([name]) => name === "retry-after")).toEqual([["retry-after", "2"]]);
  });

  test("what the wire cannot carry, with another target · that one is asked", async () => {
    const call = callOf({ logit_bias: { "5": 1 } });
    const { run, upstreams, receipt } = translatedWorld({ targets: 2, passThrough: 1, call });
    const answering = run();
    (upstreams.calls[0] ?? (await upstreams.next())).answer(200, '{"choices":[]}');
    expect(await answering).toMatchObject({ status: 200, failure: null });
    expect(receipt.attempts).toMatchObject([
      { outcome: "refused", status: null, cost_micros: 0 },
      { outcome: "ok" },
    ]);
  });

  test("no answer of its wire · the next target is asked", async () => {
    const { run, upstreams, receipt } = translatedWorld({ targets: 2, passThrough: 1 });
    const answering = run();
    upstreams.calls[0]?.answer(200, "<html>");
    (await upstreams.next()).answer(200, '{"choices":[]}');
    expect(await answering).toMatchObject({ status: 200 });
    expect(receipt.attempts.map(({ outcome }) => outcome)).toEqual(["failed", "ok"]);
  });
});
