import { describe, expect, test } from "vitest";
import { attemptWorld, streamCall } from "./attempt.test-fixture.ts";
import { answerLast, letPass } from "./call-sequence.test-fixture.ts";
import { routedPrincipalOf } from "./request.test-fixture.ts";

const three = [{}, {}, {}];

describe("a target's own time", () => {
  test("its first byte is late · the next target is asked, which has the time of the installation", async () => {
    const principal = routedPrincipalOf([{ timeouts: { first_byte_ms: 100 } }, {}]);
    const world = attemptWorld({ principal, call: streamCall() });
    const answering = world.run();
    expect(await letPass(world, 99)).toBe(1);
    expect(await letPass(world, 1)).toBe(2);
    expect(await letPass(world, 50_000)).toBe(2);
    answerLast(world, 200);
    await answering;
    expect(world.receipt.attempts.map(({ outcome }) => outcome)).toEqual(["indeterminate", "ok"]);
    expect(world.receipt.target?.providerKey.provider_key_id).toBe("provider-key-2");
  });

  test("its whole time is over · a failure of the target's, and the next one begins anew", async () => {
    const principal = routedPrincipalOf([{ timeouts: { total_ms: 100 } }, { timeouts: { total_ms: 100 } }]);
    const world = attemptWorld({ principal });
    const answering = world.run();
    await letPass(world, 100);
    expect(await letPass(world, 99)).toBe(2);
    answerLast(world, 200);
    expect(await answering).toMatchObject({ status: 200 });
  });

  test("longer than the request's · honoured, and nobody is asked behind it", async () => {
    const principal = routedPrincipalOf([{ timeouts: { total_ms: 800_000 } }, {}]);
    const world = attemptWorld({ principal });
    const answering = world.run();
    expect(await letPass(world, 700_000)).toBe(1);
    answerLast(world, 503);
    expect(await answering).toMatchObject({ status: 503 });
    expect(world.upstreams.calls).toHaveLength(1);
  });
});

describe("a policy", () => {
  test("total_ms · over all attempts together, and then nobody else is asked", async () => {
    const world = attemptWorld({
      principal: routedPrincipalOf(three, { policy: { timeouts: { total_ms: 1_000 } } }),
    });
    const answering = world.run();
    await letPass(world, 600);
    answerLast(world, 500);
    expect(await letPass(world, 399)).toBe(2);
    world.pass(1);
    await expect(answering).rejects.toMatchObject({ code: "upstream_timeout" });
    expect(world.upstreams.calls).toHaveLength(2);
  });

  test.each([
    [1, 1],
    [2, 2],
    [7, 7],
    [null, 3],
  ])("max_attempts %j · %i calls where all five targets fail", async (max_attempts, calls) => {
    const principal = routedPrincipalOf([{}, {}, {}, {}, {}], { policy: { max_attempts } });
    const world = attemptWorld({ principal });
    const answering = world.run();
    for (let call = 1; call <= calls; call++) {
      expect(await letPass(world, 1_000)).toBe(call);
      answerLast(world, 502);
    }
    expect(await answering).toMatchObject({ status: 502 });
    expect(await letPass(world, 10_000)).toBe(calls);
  });
});

describe("the time to the first byte", () => {
  const latencyOf = (world: ReturnType<typeof attemptWorld>, kind: "stream" | "whole") =>
    world.input.plan.targets.map((target) => world.latencies.of(target, kind)?.ms ?? null);

  test("of a least-latency route · taken down for the target that answered, and for its kind of answer", async () => {
    const world = attemptWorld({ principal: routedPrincipalOf([{}, {}], { strategy: "least-latency" }) });
    const answering = world.run();
    await letPass(world, 40);
    answerLast(world, 500);
    await letPass(world, 70);
    answerLast(world, 200);
    await answering;
    expect(latencyOf(world, "whole")).toEqual([null, 70]);
    expect(latencyOf(world, "stream")).toEqual([null, null]);
  });

  test("of any other route · nobody looks at the clock for it", async () => {
    const world = attemptWorld({ principal: routedPrincipalOf([{}]) });
    const answering = world.run();
    await letPass(world, 40);
    answerLast(world, 200);
    await answering;
    expect(latencyOf(world, "whole")).toEqual([null]);
  });
});
