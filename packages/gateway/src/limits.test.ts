import type { Limits } from "@perpetuo/contracts/limits";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Demand,
  dayOf,
  judgeDemand,
  type LimitClock,
  type LimitState,
  limitCellCount,
  limitCells,
  monthOf,
  rateStatus,
  rebuildBudget,
  reserveDemand,
  settleDemand,
} from "./limits.ts";

const noon = Date.UTC(2026, 0, 31, 12);
const newState = (): LimitState => ({ cells: new Float64Array(limitCellCount * 2), base: limitCellCount });
const at = (tick: number, time = noon): LimitClock => ({ tick, time });

const nothing = { tokens: 0, costMicros: 0 };

function admit(state: LimitState, limits: Limits, asked: { demand?: Demand; clock?: LimitClock } = {}) {
  const { demand = nothing, clock = at(0) } = asked;
  const refusal = judgeDemand(state, limits, { demand, clock });
  if (refusal === null) reserveDemand(state, limits, { demand, clock });
  return refusal;
}

describe("requests per minute", () => {
  const limits = { requests_per_minute: 3 };

  test("a burst of the whole allowance · admitted, one more refused with the time to wait", () => {
    const state = newState();
    expect([1, 2, 3].map(() => admit(state, limits))).toEqual([null, null, null]);
    expect(admit(state, limits)).toEqual({ limit: "requests_per_minute", retryAfterMs: 20_000 });
  });

  test("after the advised wait · admitted", () => {
    const state = newState();
    for (let count = 0; count < 3; count++) admit(state, limits);
    expect(admit(state, limits, { clock: at(19_999) })).not.toBeNull();
    expect(admit(state, limits, { clock: at(20_000) })).toBeNull();
  });

  test("any arrivals · never more than two allowances in a minute, and never refused below the steady rate", () => {
    const arrivals = fc.tuple(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat({ max: 5_000 }), { maxLength: 300 }),
    );
    fc.assert(
      fc.property(arrivals, ([allowed, gaps]) => {
        const state = newState();
        const admitted: number[] = [];
        let tick = 0;
        for (const gap of gaps) {
          tick += gap;
          if (admit(state, { requests_per_minute: allowed }, { clock: at(tick) }) === null)
            admitted.push(tick);
        }
        for (const [index, start] of admitted.entries()) {
          const within = admitted.slice(index).filter((moment) => moment < start + 60_000).length;
          // The generic cell rate algorithm allows a full burst on top of a minute's steady rate.
          expect(within).toBeLessThanOrEqual(allowed * 2);
        }
      }),
    );
  });
});

describe("tokens per minute", () => {
  const limits = { tokens_per_minute: 1_000 };

  test("a request larger than the allowance · refused without a time, because no wait helps", () => {
    expect(admit(newState(), limits, { demand: { tokens: 1_001, costMicros: 0 } })).toEqual({
      limit: "tokens_per_minute",
      retryAfterMs: null,
    });
  });

  test("settlement below the estimate · gives the rest back", () => {
    const state = newState();
    const reserved = { tokens: 1_000, costMicros: 0 };
    admit(state, limits, { demand: reserved });
    expect(admit(state, limits, { demand: { tokens: 500, costMicros: 0 } })).not.toBeNull();
    settleDemand(state, limits, {
      reserved,
      actual: { tokens: 100, costMicros: 0 },
      clock: at(0),
      acceptedTime: noon,
    });
    expect(rateStatus(state, limits, at(0)).tokens?.remaining).toBe(900);
    expect(admit(state, limits, { demand: { tokens: 500, costMicros: 0 } })).toBeNull();
  });

  test("settlement above the estimate · is owed by later requests", () => {
    const state = newState();
    const reserved = { tokens: 100, costMicros: 0 };
    admit(state, limits, { demand: reserved });
    settleDemand(state, limits, {
      reserved,
      actual: { tokens: 2_000, costMicros: 0 },
      clock: at(0),
      acceptedTime: noon,
    });
    expect(rateStatus(state, limits, at(0)).tokens?.remaining).toBe(0);
    expect(admit(state, limits, { demand: { tokens: 1, costMicros: 0 } })?.retryAfterMs).toBeCloseTo(
      60_060,
      6,
    );
  });
});

describe("concurrent requests", () => {
  test("one place · taken until settlement", () => {
    const state = newState();
    const limits = { concurrent_requests: 1 };
    expect(admit(state, limits)).toBeNull();
    expect(admit(state, limits)).toMatchObject({ limit: "concurrent_requests" });
    settleDemand(state, limits, { reserved: nothing, actual: nothing, clock: at(0), acceptedTime: noon });
    expect(admit(state, limits)).toBeNull();
  });
});

describe("budgets", () => {
  const limits = { budget_daily_micros: 100, budget_monthly_micros: 150 };
  const cost = (costMicros: number) => ({ tokens: 0, costMicros });
  const settle = (state: LimitState, amount: number, { time = noon, acceptedTime = noon } = {}) =>
    settleDemand(state, limits, {
      reserved: cost(amount),
      actual: cost(amount),
      clock: at(0, time),
      acceptedTime,
    });

  test("reservations · count like spending until they are settled", () => {
    const state = newState();
    expect(admit(state, limits, { demand: cost(60) })).toBeNull();
    expect(admit(state, limits, { demand: cost(60) })).toEqual({
      limit: "budget_daily_micros",
      retryAfterMs: null,
    });
    expect(admit(state, limits, { demand: cost(40) })).toBeNull();
  });

  test("the next day · begins with nothing spent, the month goes on", () => {
    const state = newState();
    admit(state, limits, { demand: cost(100) });
    settle(state, 100);
    const sameMonth = at(0, noon - 86_400_000);
    expect(judgeDemand(state, limits, { demand: cost(1), clock: sameMonth })).not.toBeNull();
    const february = at(0, noon + 86_400_000);
    expect(judgeDemand(state, limits, { demand: cost(100), clock: february })).toBeNull();
  });

  test("a request accepted yesterday · does not spend today's budget", () => {
    const state = newState();
    const yesterday = Date.UTC(2026, 0, 30, 23, 59, 59);
    admit(state, limits, { demand: cost(50), clock: at(0, yesterday) });
    settle(state, 50, { acceptedTime: yesterday });
    expect(judgeDemand(state, limits, { demand: cost(100), clock: at(0) })).toBeNull();
    expect(judgeDemand(state, limits, { demand: cost(101), clock: at(0) })?.limit).toBe(
      "budget_monthly_micros",
    );
  });

  test("rebuilding · the greater sum holds, and what belongs to another day or month is left out", () => {
    const state = newState();
    const today = { day: dayOf(noon), month: monthOf(noon) };
    const sums = (day_micros: number, month_micros: number) => ({ ...today, day_micros, month_micros });
    rebuildBudget(state, sums(70, 90), at(0));
    rebuildBudget(state, sums(0, 0), at(0));
    rebuildBudget(state, { ...sums(99, 99), day: today.day - 1, month: today.month - 1 }, at(0));
    expect(admit(state, limits, { demand: cost(31) })?.limit).toBe("budget_daily_micros");
    expect(admit(state, limits, { demand: cost(30) })).toBeNull();
  });

  test("any order of admissions and settlements · nothing stays reserved, nothing goes below zero", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 60 })), { maxLength: 50 }),
        (requests) => {
          const state = newState();
          const open: { reserved: number; actual: number }[] = [];
          for (const [reserved, actual] of requests) {
            if (admit(state, limits, { demand: cost(reserved) }) === null) open.push({ reserved, actual });
            if (open.length > 3) settleOne(state, open.shift());
          }
          for (const one of open) settleOne(state, one);
          expect(state.cells[state.base + limitCells.reservedMicros]).toBe(0);
          expect(state.cells[state.base + limitCells.concurrent]).toBe(0);
        },
      ),
    );
  });

  function settleOne(state: LimitState, one: { reserved: number; actual: number } | undefined): void {
    if (!one) return;
    const { reserved, actual } = one;
    settleDemand(state, limits, {
      reserved: cost(reserved),
      actual: cost(actual),
      clock: at(0),
      acceptedTime: noon,
    });
  }
});
