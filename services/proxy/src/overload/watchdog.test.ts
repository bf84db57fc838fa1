import { createLogger } from "@perpetuo/runtime/logger";
import { afterEach, describe, expect, test, vi } from "vitest";
import { SharedState } from "../shared-state.ts";
import { createHeartbeatBuffer, Heartbeats } from "./heartbeats.ts";
import { createPressureBuffer, Pressure } from "./pressure.ts";
import { Watchdog } from "./watchdog.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** Two threads whose hearts the test beats, on a clock of the test's own. */
function watching(more: { maxMemoryBytes?: number } = {}) {
  vi.useFakeTimers();
  const heartbeats = createHeartbeatBuffer(2);
  const hearts = new Heartbeats(heartbeats);
  const pressure = createPressureBuffer(2);
  const shared = new SharedState();
  const calls: string[] = [];
  const watchdog = new Watchdog({
    limits: { maxDelayMs: 50, stuckMs: 2_000 },
    maxMemoryBytes: more.maxMemoryBytes ?? null,
    threads: 2,
    heartbeats,
    pressure,
    shared,
    logger: createLogger({ service: "test", level: "silent" }),
    heldBy: () => 100,
    sample: async (thread) => {
      calls.push(`sample ${thread}`);
      return null;
    },
    onBlocked: (thread) => calls.push(`blocked ${thread}`),
    onStuck: (thread) => calls.push(`stuck ${thread}`),
  });
  watchdog.watch(0);
  watchdog.watch(1);
  const live = (milliseconds: number, threads: number[]) => {
    for (let at = 0; at < milliseconds; at += 10) {
      for (const thread of threads) hearts.beat(thread, true);
      vi.advanceTimersByTime(10);
    }
  };
  return { watchdog, shared, calls, live, pressure: new Pressure(pressure) };
}

describe("Watchdog", () => {
  test("one thread is silent · written down, not ready, in the end given up; the other one is left alone", () => {
    const { watchdog, shared, calls, live } = watching();
    live(1_100, [1]);
    expect(calls).toEqual(["blocked 0", "sample 0"]);
    expect([shared.blockedThreads, watchdog.isBlocked(0), watchdog.isBlocked(1)]).toEqual([1, true, false]);
    live(1_000, [1]);
    expect(calls.at(-1)).toBe("stuck 0");
    expect(watchdog.isStuck(0)).toBe(true);
    watchdog.stop();
  });

  test("it comes back, or ends · ready again", () => {
    const { watchdog, shared, live } = watching();
    live(1_100, []);
    expect(shared.blockedThreads).toBe(2);
    live(50, [0]);
    expect(shared.blockedThreads).toBe(1);
    watchdog.forget(1);
    expect(shared.blockedThreads).toBe(0);
    watchdog.stop();
  });

  test("late for seconds · fewer requests for that thread; gone · its successor begins without a limit", () => {
    const { watchdog, pressure, live } = watching();
    for (let turn = 0; turn < 40; turn++) {
      live(80, [1]);
      live(10, [0, 1]);
    }
    expect(pressure.obstacle(0, 100)).toBe("event-loop");
    expect(pressure.obstacle(1, 100)).toBeNull();
    watchdog.forget(0);
    expect(pressure.obstacle(0, 100)).toBeNull();
    watchdog.stop();
  });

  test("more memory in use than there is · no thread takes anything on, and the instance is not ready", () => {
    const { watchdog, shared, pressure, live } = watching({ maxMemoryBytes: 1_024 });
    live(600, [0, 1]);
    expect([pressure.obstacle(0, 0), pressure.obstacle(1, 0)]).toEqual(["memory", "memory"]);
    expect(shared.isMemoryCritical).toBe(true);
    watchdog.stop();
  });
});
