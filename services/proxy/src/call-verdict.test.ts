import { describe, expect, test } from "vitest";
import { attemptWorld, streamCall } from "./attempt.test-fixture.ts";
import { answerLast, type World } from "./call-sequence.test-fixture.ts";
import { callOf } from "./request.test-fixture.ts";

describe("what a call says about its target", () => {
  /** Runs five requests of one call each and tells whether they opened the breaker. */
  async function opens(play: (world: World) => void, options: Parameters<typeof attemptWorld>[0] = {}) {
    const world = attemptWorld(options);
    for (let round = 0; round < 5; round++) {
      world.receipt.calls = 0;
      world.exchange.closed = null;
      const running = world.run().catch(() => undefined);
      play(world);
      await running;
    }
    return world.events.some(({ kind }) => kind === "breaker");
  }
  const noRepeat = { "x-should-retry": "false" };

  test.each<[string, boolean, (world: World) => void]>([
    ["500", true, (world) => answerLast(world, 500, noRepeat)],
    ["529", true, (world) => answerLast(world, 529, noRepeat)],
    [
      "a malformed answer",
      true,
      ({ upstreams }) => upstreams.calls.at(-1)?.answer(200, "{", { "content-length": "1" }),
    ],
    ["400", false, (world) => answerLast(world, 400)],
    ["401", false, (world) => answerLast(world, 401)],
    ["429", false, (world) => answerLast(world, 429, { "retry-after": "0", ...noRepeat })],
    ["a client that leaves", false, ({ exchange }) => exchange.leave()],
  ])("five times %s · opens: %s", async (_, expected, play) => {
    expect(await opens(play)).toBe(expected);
  });

  test("five times the gateway's own time-out · opens; the client's own · not", async () => {
    const silent = (milliseconds: number) => (world: World) => {
      world.receipt.calls = 0;
      world.pass(milliseconds);
    };
    const stream = streamCall();
    const late = (world: World) => {
      Object.assign(world.receipt, { acceptedAt: world.clock.now });
      silent(5_000)(world);
      silent(55_000)(world);
    };
    expect(await opens(late, { call: stream })).toBe(true);
    expect(await opens(silent(1_000), { call: callOf(), timeoutMs: 1_000 })).toBe(false);
  });
});
