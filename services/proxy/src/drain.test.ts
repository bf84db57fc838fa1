import { describe, expect, test } from "vitest";
import { Drain } from "./drain.ts";
import type { DrainReason, ThreadLoad } from "./messages.ts";

type Moment = ThreadLoad & { atMs: number };

const delayMs = 5_000;
const graceMs = 60_000;

/** Drains on a clock that the waits alone move. `load` says what is open at a time. */
async function drain(
  reason: DrainReason,
  load: (atMs: number) => ThreadLoad,
  meanwhile: (drain: Drain, atMs: number) => void = () => undefined,
) {
  let atMs = 0;
  let deafAt = Number.NaN;
  const asked: Moment[] = [];
  const draining = new Drain(reason, {
    delayMs,
    graceMs,
    now: () => atMs,
    sleep: async (milliseconds) => {
      atMs += milliseconds;
      meanwhile(draining, atMs);
    },
    stopListening: () => {
      deafAt = atMs;
    },
    load: async () => {
      const now = load(atMs);
      asked.push({ ...now, atMs });
      return now;
    },
  });
  const outcome = await draining.run();
  return { deafAt, endedAt: atMs, outcome };
}

const busyUntil = (endMs: number) => (atMs: number) => ({ inFlight: atMs < endMs ? 1 : 0, connections: 0 });
const idleUntil = (endMs: number) => (atMs: number) => ({ inFlight: 0, connections: atMs < endMs ? 1 : 0 });

describe("an instance that stops", () => {
  test("requests under way · deaf after the delay, and waits for them", async () => {
    expect(await drain("stopping", busyUntil(20_000))).toEqual({
      deafAt: delayMs,
      endedAt: 20_000,
      outcome: "through",
    });
  });

  test("a request without an end · is waited for until the grace is over", async () => {
    const { endedAt } = await drain("stopping", busyUntil(Number.POSITIVE_INFINITY));
    expect(endedAt).toBe(delayMs + graceMs);
  });

  test("idle connections · are waited for a second", async () => {
    const { endedAt } = await drain("stopping", idleUntil(Number.POSITIVE_INFINITY));
    expect(endedAt).toBe(delayMs + 1_000);
  });

  test("somebody hurries · ends within its delay and within its grace", async () => {
    const hurryAt = (time: number) => (draining: Drain, atMs: number) => {
      if (atMs >= time) draining.hurry();
    };
    const endless = busyUntil(Number.POSITIVE_INFINITY);
    expect((await drain("stopping", endless, hurryAt(0))).endedAt).toBe(delayMs);
    expect((await drain("stopping", endless, hurryAt(7_000))).endedAt).toBe(7_000);
  });
});

describe("a process that is replaced", () => {
  test("nothing open · deaf at once and through", async () => {
    expect(await drain("replaced", idleUntil(0))).toMatchObject({ deafAt: 0, endedAt: 0 });
  });

  test("an idle connection · is not closed under a request that may be on its way", async () => {
    expect((await drain("replaced", idleUntil(9_000))).endedAt).toBe(9_000);
  });

  test("a stream that ends late · its connection may bring one more request", async () => {
    const { endedAt } = await drain("replaced", (atMs) => ({
      inFlight: atMs < 30_000 ? 1 : 0,
      connections: atMs < 38_000 ? 1 : 0,
    }));
    expect(endedAt).toBe(38_000);
  });

  test("connections that nobody closes · are waited for no longer than any idle one lives", async () => {
    const { endedAt } = await drain("replaced", idleUntil(Number.POSITIVE_INFINITY));
    expect(endedAt).toBe(16_000);
  });

  test("its successor dies · goes on", async () => {
    const endless = busyUntil(Number.POSITIVE_INFINITY);
    const { endedAt, outcome } = await drain("replaced", endless, (draining, atMs) => {
      if (atMs >= 2_000) draining.cancel();
    });
    expect({ endedAt, outcome }).toEqual({ endedAt: 2_000, outcome: "cancelled" });
  });

  test("its instance stops as well · waits for idle connections no longer", async () => {
    const { endedAt } = await drain("replaced", idleUntil(Number.POSITIVE_INFINITY), (draining, atMs) => {
      if (atMs >= 3_000) draining.escalate("stopping");
    });
    expect(endedAt).toBe(3_000);
  });
});
