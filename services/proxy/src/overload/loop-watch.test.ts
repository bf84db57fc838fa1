import { describe, expect, test } from "vitest";
import { type LoopEvent, LoopWatch } from "./loop-watch.ts";

const lookMs = 10;

/** A thread whose heart the test beats, looked at every 10 ms. */
function watched(limits = { maxDelayMs: 50, stuckMs: 10_000 }) {
  const watch = new LoopWatch(limits, 0);
  let beats = 0;
  const events: LoopEvent[] = [];
  const look = (more: { gapMs?: number; held?: number } = {}) =>
    events.push(...watch.look({ beats, gapMs: lookMs, held: 0, ...more }));
  return {
    watch,
    events,
    look,
    /** `seconds` of a thread that beats every `everyMs`. */
    live(seconds: number, everyMs: number, held = 0) {
      for (let at = lookMs; at <= seconds * 1_000; at += lookMs) {
        if (at % everyMs === 0) beats++;
        look({ held });
      }
    },
  };
}

describe("a blocked thread", () => {
  test("a second without a beat · blocked, once; the next beat tells for how long it was", () => {
    const { watch, events, live } = watched();
    live(1, 10);
    live(1.5, 10_000);
    expect(events).toEqual([{ kind: "blocked" }]);
    expect(watch.isBlocked).toBe(true);
    live(0.1, 10);
    expect(events.at(-1)).toEqual({ kind: "recovered", afterMs: 1_500 });
    expect(watch.isBlocked).toBe(false);
  });

  test("silent for as long as is allowed · stuck, once", () => {
    const { watch, events, live } = watched({ maxDelayMs: 50, stuckMs: 2_000 });
    live(5, 1_000_000);
    expect(events.filter(({ kind }) => kind !== "limit")).toEqual([{ kind: "blocked" }, { kind: "stuck" }]);
    expect(watch.isStuck).toBe(true);
  });

  test("the whole process was halted · nobody is blamed", () => {
    const { watch, events, look } = watched();
    look({ gapMs: 3_600_000 });
    expect(events).toEqual([]);
    expect(watch.isBlocked).toBe(false);
  });
});

describe("a late thread", () => {
  test("p99 · of the second's delays, in which one short stall does not count", () => {
    const { watch, live } = watched();
    live(1, 10);
    expect(watch.p99Ms).toBe(0);
    live(1, 100);
    expect(watch.p99Ms).toBe(80);
  });

  test("late for two seconds · nothing; for three · less than it held, and less again", () => {
    const { events, live } = watched();
    live(2, 100, 1_000);
    expect(events).toEqual([]);
    live(1, 100, 1_000);
    expect(events).toEqual([{ kind: "limit", most: 800 }]);
    live(1, 100, 800);
    expect(events.at(-1)).toEqual({ kind: "limit", most: 640 });
  });

  test("two late seconds and one in time · begins anew", () => {
    const { events, live } = watched();
    for (let turn = 0; turn < 3; turn++) {
      live(2, 100, 1_000);
      live(1, 10, 1_000);
    }
    expect(events).toEqual([]);
  });

  test("hardly any requests · are never refused for it", () => {
    const { events, live } = watched();
    live(10, 100, 5);
    expect(events.at(-1)).toEqual({ kind: "limit", most: 32 });
  });

  test("in time again · the limit rises every second until it is gone", () => {
    const { events, live } = watched();
    live(3, 100, 50_000);
    live(1, 10, 40_000);
    expect(events.at(-1)).toEqual({ kind: "limit", most: 50_000 });
    live(4, 10, 40_000);
    expect(events.at(-1)).toEqual({ kind: "limit", most: null });
    const count = events.length;
    live(3, 10, 40_000);
    expect(events).toHaveLength(count);
  });
});
