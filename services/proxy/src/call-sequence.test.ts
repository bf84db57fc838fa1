import { describe, expect, test } from "vitest";
import { attemptWorld, streamCall } from "./attempt.test-fixture.ts";
import { answerLast, endCall, letPass, microtasks, openFirst } from "./call-sequence.test-fixture.ts";

describe("a sole target", () => {
  test("503 · asked again after a pause with full jitter, three times in all", async () => {
    const world = attemptWorld({ draw: 1 });
    const answering = world.run();
    answerLast(world, 503);
    expect(await letPass(world, 49)).toBe(1);
    expect(await letPass(world, 1)).toBe(2);
    answerLast(world, 503);
    expect(await letPass(world, 99)).toBe(2);
    expect(await letPass(world, 1)).toBe(3);
    answerLast(world, 503);
    expect(await answering).toMatchObject({ status: 503 });
    expect(await answering).toMatchObject({ headers: expect.arrayContaining([["x-should-retry", "false"]]) });
    expect(world.events).toEqual([1, 2].map(() => ({ kind: "retry", provider: "mock", retry: "repeat" })));
  });

  test("503, then well · the client sees nothing of it, and the pause is not the gateway's own time", async () => {
    const world = attemptWorld({ draw: 1 });
    const answering = world.run();
    answerLast(world, 503);
    await letPass(world, 50);
    answerLast(world, 200);
    expect(await answering).toMatchObject({ status: 200, failure: null });
    expect(world.receipt.attempts.map(({ outcome, started_ms }) => [outcome, started_ms])).toEqual([
      ["failed", 0],
      ["ok", 50],
    ]);
    expect(world.receipt.gatewayMs).toBe(0);
  });

  test.each([
    ["retry-after", "2"],
    ["retry-after-ms", "2000"],
  ])("429 with %s: %s · waits as long, and no less", async (name, value) => {
    const world = attemptWorld();
    const answering = world.run();
    answerLast(world, 429, { [name]: value });
    expect(await letPass(world, 1_999)).toBe(1);
    expect(await letPass(world, 1)).toBe(2);
    answerLast(world, 200);
    expect(await answering).toMatchObject({ status: 200 });
  });

  test.each([
    ["a longer wait than a request's", 429, { "retry-after": "6" }],
    ["x-should-retry: false", 503, { "x-should-retry": "false" }],
    ["not implemented", 501, {}],
    ["a bad request", 400, {}],
  ])("%s · not asked again", async (_, status, headers) => {
    const world = attemptWorld();
    const answering = world.run();
    answerLast(world, status, headers);
    expect(await answering).toMatchObject({ status });
    expect(world.upstreams.calls).toHaveLength(1);
  });

  test("a pause beyond the client's own time · not begun", async () => {
    const world = attemptWorld({ timeoutMs: 2_000 });
    const answering = world.run();
    answerLast(world, 503, { "retry-after": "2" });
    expect(await answering).toMatchObject({ status: 503 });
    expect(world.deadlines.size).toBe(0);
  });

  test("the client leaves in the pause · nobody is called any more, and nothing is left over", async () => {
    const world = attemptWorld({ draw: 1 });
    const answering = world.run();
    answerLast(world, 503);
    await microtasks();
    world.exchange.leave();
    await expect(answering).rejects.toMatchObject({ code: "client_closed_request" });
    expect(world.deadlines.size).toBe(0);
    expect(await letPass(world, 60_000)).toBe(1);
  });

  test("the instance stops in the pause · in words", async () => {
    const world = attemptWorld({ draw: 1 });
    const answering = world.run();
    answerLast(world, 503);
    await microtasks();
    world.exchange.interrupt();
    await expect(answering).rejects.toMatchObject({ code: "server_shutdown" });
    expect(world.deadlines.size).toBe(0);
  });

  test("its breaker opens in the pause · the answer is the one there was", async () => {
    const world = attemptWorld({ draw: 1 });
    const answering = world.run();
    answerLast(world, 503);
    await microtasks();
    openFirst(world);
    expect(await letPass(world, 50)).toBe(1);
    expect(await answering).toMatchObject({ status: 503 });
  });

  test("open · 503 that names the provider and the time of the next probe, without a call", async () => {
    const world = attemptWorld();
    openFirst(world);
    await expect(world.run()).rejects.toMatchObject({
      code: "upstream_unavailable",
      message: expect.stringContaining("'mock'"),
      internal: "the circuit breaker is open",
      retryAfterSeconds: 5,
    });
    expect(world.upstreams.calls).toHaveLength(0);
    expect(world.receipt.plan?.candidates[0]?.reason).toBe("the circuit breaker is open");
  });

  test("open for five seconds · one probe, whose answer is the client's; three successes close", async () => {
    const world = attemptWorld();
    openFirst(world);
    world.clock.now = 5_000;
    for (let probe = 0; probe < 3; probe++) {
      world.receipt.calls = 0;
      const probing = world.run();
      await microtasks();
      answerLast(world, 200);
      expect(await probing).toMatchObject({ status: 200 });
    }
    expect(world.events.map((event) => event.kind === "breaker" && event.transition)).toEqual([
      "open",
      "half-open",
      "closed",
    ]);
  });

  test("cooling for a moment · waited for; for longer · 429 with the time that is left", async () => {
    const world = attemptWorld({ call: streamCall() });
    const first = world.run();
    answerLast(world, 429, { "retry-after": "7" });
    await first;
    world.clock.now = 1_000;
    world.receipt.calls = 0;
    await expect(world.run()).rejects.toMatchObject({ code: "upstream_rate_limited", retryAfterSeconds: 6 });
    expect(world.receipt.plan?.candidates[0]?.reason).toBe("cooling down after 429 for 6 s");
    world.clock.now = 3_000;
    const waiting = world.run();
    expect(await letPass(world, 3_999)).toBe(1);
    expect(await letPass(world, 1)).toBe(2);
    world.upstreams.calls.at(-1)?.streamHead().data("data: {}\n\n");
    expect(await waiting).toMatchObject({ kind: "stream" });
  });

  test("a spent allowance · one call in five seconds", async () => {
    const world = attemptWorld();
    endCall(world, "quota-spent");
    await expect(world.run()).rejects.toMatchObject({ code: "upstream_rate_limited", retryAfterSeconds: 5 });
    world.clock.now = 5_000;
    const probing = world.run();
    await microtasks();
    answerLast(world, 200);
    expect(await probing).toMatchObject({ status: 200 });
    expect(world.input.plan.targets.map((target) => world.health.obstacleTo(target))).toEqual([null]);
  });
});

describe("two targets", () => {
  test("both fail · each once, then the first again after a pause", async () => {
    const world = attemptWorld({ targets: 2, draw: 1 });
    const answering = world.run();
    answerLast(world, 503);
    await microtasks();
    answerLast(world, 503);
    await letPass(world, 50);
    answerLast(world, 200);
    expect(await answering).toMatchObject({ status: 200 });
    expect(world.receipt.attempts.map(({ provider_key_id }) => provider_key_id)).toEqual([
      "provider-key-1",
      "provider-key-2",
      "provider-key-1",
    ]);
  });

  test("429 with a wait · the other at once, and the next request does not ask the first", async () => {
    const world = attemptWorld({ targets: 2 });
    const answering = world.run();
    answerLast(world, 429, { "retry-after": "30" });
    await microtasks();
    answerLast(world, 200);
    await answering;
    expect(world.input.plan.targets.map((target) => world.health.obstacleTo(target))).toEqual([
      "cooling down after 429 for 30 s",
      null,
    ]);
  });

  test("a spent allowance · the other at once, and five minutes of rest for every model of the key", async () => {
    const world = attemptWorld({ targets: 2 });
    const answering = world.run();
    world.upstreams.calls[0]?.answer(429, '{"error":{"code":"insufficient_quota"}}');
    await microtasks();
    answerLast(world, 200);
    await answering;
    const [first] = world.input.plan.targets;
    if (first === undefined) throw new Error("The plan has a target.");
    const reason = "the provider key's account has spent its allowance";
    expect(world.health.obstacleTo({ ...first, id: "another" })).toBe(reason);
    world.clock.now = 300_000;
    expect(world.health.obstacleTo(first)).toBeNull();
  });

  test("the second's budget is spent · the first's failure is the answer", async () => {
    const world = attemptWorld({ targets: 2 });
    const [first, second] = world.input.plan.targets;
    if (first === undefined || second === undefined) throw new Error("The plan has two targets.");
    for (const target of [first, second]) {
      for (let retry = 0; retry < 35; retry++) {
        const grant = world.health.takeRetry(target, "fallback");
        if (grant !== null) world.health.returnRetry(grant, "in-vain");
      }
    }
    const answering = world.run();
    answerLast(world, 503);
    expect(await answering).toMatchObject({ status: 503 });
    expect(world.upstreams.calls).toHaveLength(1);
    expect(world.events.slice(-2)).toEqual(
      [1, 2].map(() => ({ kind: "retry", provider: "mock", retry: "denied" })),
    );
  });

  test("the first opens between plan and call · passed over, and the trace says so", async () => {
    const world = attemptWorld({ targets: 2 });
    openFirst(world);
    const answering = world.run();
    answerLast(world, 200);
    await answering;
    expect(world.receipt.attempts.map(({ provider_key_id }) => provider_key_id)).toEqual(["provider-key-2"]);
    expect(world.receipt.plan?.candidates.map(({ verdict, reason }) => [verdict, reason])).toEqual([
      ["skipped", "the circuit breaker is open"],
      ["target", "priority 2"],
    ]);
  });
});
