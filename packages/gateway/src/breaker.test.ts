import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  attentionOf,
  type BreakerState,
  breakerCellCount,
  type CallOutcome,
  coolTarget,
  enterAsLastResort,
  enterTarget,
  judgeTarget,
  leaveTarget,
  mayForgetTarget,
} from "./breaker.ts";

const start = 1_000_000;
/** A state between two others, whose cells stay untouched. */
const newState = (): BreakerState => ({
  cells: new Float64Array(breakerCellCount * 3),
  base: breakerCellCount,
});

function call(state: BreakerState, outcome: CallOutcome, tick: number) {
  const entry = enterTarget(state, tick);
  if (entry.kind === "barred") throw new Error(`barred: ${entry.bar.obstacle}`);
  return leaveTarget(state, { outcome, isProbe: entry.kind === "probe", tick, random: () => 0 });
}

function opened(jitter = 0): BreakerState {
  const state = newState();
  const ended = { outcome: "failure" as const, isProbe: false, tick: start, random: () => jitter };
  for (let failure = 0; failure < 5; failure++) leaveTarget(state, ended);
  return state;
}

describe("opening", () => {
  test("five failures in a row · open, for thirty seconds", () => {
    const state = newState();
    const transitions = [1, 2, 3, 4, 5].map(() => call(state, "failure", start));
    expect(transitions).toEqual([null, null, null, null, "open"]);
    expect(judgeTarget(state, start)).toEqual({ obstacle: "open", untilTick: start + 30_000 });
    expect(judgeTarget(state, start + 29_999)?.obstacle).toBe("open");
    expect(judgeTarget(state, start + 30_000)).toBeNull();
  });

  test("a success among them · starts the row again", () => {
    const state = newState();
    for (const outcome of ["failure", "failure", "failure", "failure", "success"] as const)
      call(state, outcome, start);
    expect([1, 2, 3, 4].map(() => call(state, "failure", start))).toEqual([null, null, null, null]);
  });

  test("a neutral end among them · does not", () => {
    const state = newState();
    for (const outcome of ["failure", "failure", "neutral", "failure", "failure"] as const)
      call(state, outcome, start);
    expect(call(state, "failure", start)).toBe("open");
  });

  test("half of twenty calls within ten seconds · open; of nineteen · not", () => {
    const state = newState();
    for (let pair = 0; pair < 9; pair++) {
      expect(call(state, "failure", start + pair * 1_000)).toBeNull();
      expect(call(state, "success", start + pair * 1_000)).toBeNull();
    }
    expect(call(state, "success", start + 9_000)).toBeNull();
    expect(call(state, "failure", start + 9_000)).toBe("open");
  });

  test("failures that are older than ten seconds · do not count", () => {
    const state = newState();
    for (let round = 0; round < 9; round++) {
      call(state, "failure", start);
      call(state, "success", start);
    }
    for (let round = 0; round < 10; round++) call(state, "success", start + 10_000);
    expect(call(state, "failure", start + 10_000)).toBeNull();
  });

  test("jitter · adds at most a fifth", () => {
    expect(judgeTarget(opened(0.999), start)?.untilTick).toBeCloseTo(start + 35_994);
  });

  test("a failure of a call from before · neither opens again nor prolongs", () => {
    const state = opened();
    const late = { outcome: "failure" as const, isProbe: false, tick: start + 5_000, random: () => 0 };
    expect(leaveTarget(state, late)).toBeNull();
    expect(judgeTarget(state, start + 5_000)?.untilTick).toBe(start + 30_000);
  });
});

describe("half-open", () => {
  test("one probe at a time · the others are barred until it has ended", () => {
    const state = opened();
    const due = start + 30_000;
    expect(enterTarget(state, due)).toEqual({ kind: "probe", transition: "half-open" });
    expect(enterTarget(state, due)).toMatchObject({ kind: "barred", bar: { obstacle: "probing" } });
    leaveTarget(state, { outcome: "success", isProbe: true, tick: due, random: () => 0 });
    expect(enterTarget(state, due)).toEqual({ kind: "probe", transition: null });
  });

  test("three successes · closed", () => {
    const state = opened();
    const due = start + 30_000;
    expect([1, 2, 3].map(() => call(state, "success", due))).toEqual([null, null, "closed"]);
    expect(enterTarget(state, due)).toEqual({ kind: "call" });
  });

  test("a neutral end · frees the place of the probe and counts for nothing", () => {
    const state = opened();
    const due = start + 30_000;
    expect(call(state, "neutral", due)).toBeNull();
    expect([1, 2, 3].map(() => call(state, "success", due))).toEqual([null, null, "closed"]);
  });

  test("a failing probe · opens for longer each time, five minutes at most", () => {
    const state = opened();
    let tick = start;
    const durations: number[] = [];
    for (let round = 0; round < 12; round++) {
      const until = judgeTarget(state, tick)?.untilTick ?? 0;
      durations.push((until - tick) / 1_000);
      tick = until;
      expect(call(state, "failure", tick)).toBe("open");
    }
    expect(durations).toEqual([30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300]);
  });

  test("closed again for five minutes · the next opening is short again; sooner · longer", () => {
    for (const [pause, duration] of [
      [300_000, 30_000],
      [299_999, 60_000],
    ] as const) {
      const state = opened();
      const closedAt = start + 30_000;
      for (let probe = 0; probe < 3; probe++) call(state, "success", closedAt);
      for (let failure = 0; failure < 5; failure++) call(state, "failure", closedAt + pause);
      expect(judgeTarget(state, closedAt + pause)?.untilTick).toBe(closedAt + pause + duration);
    }
  });

  test("a probe that never ends · gives way after thirty seconds", () => {
    const state = opened();
    enterTarget(state, start + 30_000);
    expect(enterTarget(state, start + 59_999).kind).toBe("barred");
    expect(enterTarget(state, start + 60_000).kind).toBe("probe");
  });
});

describe("the last resort", () => {
  test("an open breaker · one probe every five seconds, and a bar that says when", () => {
    const state = opened();
    expect(enterAsLastResort(state, start + 4_999)).toEqual({
      kind: "barred",
      bar: { obstacle: "open", untilTick: start + 5_000 },
    });
    expect(enterAsLastResort(state, start + 5_000).kind).toBe("probe");
    leaveTarget(state, { outcome: "failure", isProbe: true, tick: start + 5_100, random: () => 0 });
    expect(enterAsLastResort(state, start + 9_999).kind).toBe("barred");
    expect(judgeTarget(state, start + 9_999)?.untilTick).toBe(start + 30_000);
    expect(enterAsLastResort(state, start + 10_000).kind).toBe("probe");
  });

  test("its success · half-open at once, so that two more close it", () => {
    const state = opened();
    enterAsLastResort(state, start + 5_000);
    const ended = { outcome: "success" as const, isProbe: true, tick: start + 5_100, random: () => 0 };
    expect(leaveTarget(state, ended)).toBe("half-open");
    expect([1, 2].map(() => call(state, "success", start + 5_200))).toEqual([null, "closed"]);
  });

  test("a closed breaker · lets everything through", () => {
    expect(enterAsLastResort(newState(), start)).toEqual({ kind: "call" });
  });
});

describe("cooling", () => {
  test("a wait that was asked for · bars, also as the last resort, until it is over", () => {
    const state = newState();
    coolTarget(state, start + 2_000);
    coolTarget(state, start + 1_000);
    const bar = { obstacle: "cooling", untilTick: start + 2_000 };
    expect(judgeTarget(state, start + 1_999)).toEqual(bar);
    expect(enterAsLastResort(state, start)).toEqual({ kind: "barred", bar });
    expect(enterTarget(state, start + 2_000)).toEqual({ kind: "call" });
  });
});

describe("attention", () => {
  test("quiet, watched after a failure, barred while open or cooling", () => {
    const state = newState();
    expect(attentionOf(state, start)).toBe("quiet");
    call(state, "failure", start);
    expect(attentionOf(state, start + 9_999)).toBe("watched");
    expect(attentionOf(state, start + 10_000)).toBe("quiet");
    coolTarget(state, start + 20_000);
    expect(attentionOf(state, start + 19_999)).toBe("barred");
    expect(attentionOf(opened(), start + 10_000_000)).toBe("barred");
  });

  test("forgotten · a minute after the last failure, and never while open", () => {
    const state = newState();
    call(state, "failure", start);
    expect(mayForgetTarget(state, start + 59_999)).toBe(false);
    expect(mayForgetTarget(state, start + 60_000)).toBe(true);
    expect(mayForgetTarget(opened(), start + 10_000_000)).toBe(false);
  });
});

describe("any history", () => {
  const step = fc.record({
    outcome: fc.constantFrom<CallOutcome>("success", "failure", "neutral"),
    passed: fc.integer({ min: 0, max: 40_000 }),
    lastResort: fc.boolean(),
  });

  test("never two probes at once, no call while open but a probe, no bar beyond six minutes, no foreign cell", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const state = newState();
        let tick = start;
        for (const { outcome, passed, lastResort } of steps) {
          tick += passed;
          const bar = judgeTarget(state, tick);
          const entry = (lastResort ? enterAsLastResort : enterTarget)(state, tick);
          if (bar?.obstacle === "open") expect(entry.kind).not.toBe("call");
          if (entry.kind === "barred") {
            expect(entry.bar.untilTick).toBeGreaterThan(tick);
            expect(entry.bar.untilTick - tick).toBeLessThanOrEqual(360_000);
            continue;
          }
          if (entry.kind === "probe") expect(enterAsLastResort(state, tick).kind).toBe("barred");
          leaveTarget(state, { outcome, isProbe: entry.kind === "probe", tick, random: () => 0.5 });
        }
        expect(state.cells.subarray(0, breakerCellCount).every((cell) => cell === 0)).toBe(true);
        expect(state.cells.subarray(breakerCellCount * 2).every((cell) => cell === 0)).toBe(true);
      }),
    );
  });

  test("a target that is well again · closed within three probes of the last resort's", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const state = newState();
        let tick = start;
        for (const { outcome, passed } of steps) {
          tick += passed;
          const entry = enterAsLastResort(state, tick);
          if (entry.kind === "barred") continue;
          leaveTarget(state, { outcome, isProbe: entry.kind === "probe", tick, random: () => 1 });
        }
        for (let probe = 0; probe < 3; probe++) {
          tick += 5_000;
          const entry = enterAsLastResort(state, tick);
          expect(entry.kind).not.toBe("barred");
          leaveTarget(state, { outcome: "success", isProbe: entry.kind === "probe", tick, random: () => 0 });
        }
        expect(enterTarget(state, tick)).toEqual({ kind: "call" });
      }),
    );
  });
});
