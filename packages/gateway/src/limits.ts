import type { Spent } from "@perpetuo/contracts/gateway-config";
import type { Limits } from "@perpetuo/contracts/limits";

/**
 * The cells of one subject's state: an API key's or a workspace's. They are plain 64-bit floats, exact for whole
 * numbers up to 2^53, so that the state can lie in memory that threads share (2^53 micro-dollars are nine billion
 * dollars). Whoever calls these functions holds the subject's lock.
 */
export const limitCells = {
  /** GCRA's theoretical arrival time of requests, and of tokens; monotonic milliseconds. */
  requestsArrival: 0,
  tokensArrival: 1,
  /** Requests between admission and settlement. */
  concurrent: 2,
  /** Number of the day and of the month, UTC, to which the sums below belong. */
  day: 3,
  dayMicros: 4,
  month: 5,
  monthMicros: 6,
  /** Micro-dollars of requests that are admitted and not settled. */
  reservedMicros: 7,
} as const;

/** Cells that one subject takes. */
export const limitCellCount = 8;

/** State of one subject: `cells[base + limitCells.…]`. */
export type LimitState = { cells: Float64Array; base: number };

/** What a request asks for, or what it took in the end. */
export type Demand = { tokens: number; costMicros: number };

/** `tick` is monotonic milliseconds, the same clock in every thread; `time` is epoch milliseconds. */
export type LimitClock = { tick: number; time: number };

export type LimitName = keyof Limits;

/** Why a subject refuses. `retryAfterMs` is null when waiting cannot help this request. */
export type LimitRefusal = { limit: LimitName; retryAfterMs: number | null };

const windowMs = 60_000;
const dayMs = 86_400_000;

/** Judges a demand against every limit and changes nothing. Null: it may be admitted. */
export function judgeDemand(
  state: LimitState,
  limits: Limits,
  { demand, clock }: { demand: Demand; clock: LimitClock },
): LimitRefusal | null {
  rollPeriods(state, clock.time);
  const { cells, base } = state;
  const spentDay = budgetAfter(state, limitCells.dayMicros, demand);
  const spentMonth = budgetAfter(state, limitCells.monthMicros, demand);
  if (limits.budget_monthly_micros !== undefined && spentMonth > limits.budget_monthly_micros) {
    return { limit: "budget_monthly_micros", retryAfterMs: null };
  }
  if (limits.budget_daily_micros !== undefined && spentDay > limits.budget_daily_micros) {
    return { limit: "budget_daily_micros", retryAfterMs: null };
  }
  if (limits.concurrent_requests !== undefined) {
    const concurrent = cells[base + limitCells.concurrent] as number;
    if (concurrent >= limits.concurrent_requests)
      return { limit: "concurrent_requests", retryAfterMs: 1_000 };
  }
  return (
    judgeRate(
      state,
      { limit: "requests_per_minute", allowed: limits.requests_per_minute, amount: 1 },
      clock,
    ) ??
    judgeRate(
      state,
      { limit: "tokens_per_minute", allowed: limits.tokens_per_minute, amount: demand.tokens },
      clock,
    )
  );
}

/** Takes what `judgeDemand` has just allowed. */
export function reserveDemand(
  state: LimitState,
  limits: Limits,
  { demand, clock }: { demand: Demand; clock: LimitClock },
): void {
  const { cells, base } = state;
  cells[base + limitCells.concurrent] = (cells[base + limitCells.concurrent] as number) + 1;
  cells[base + limitCells.reservedMicros] =
    (cells[base + limitCells.reservedMicros] as number) + demand.costMicros;
  advance(state, { cell: limitCells.requestsArrival, allowed: limits.requests_per_minute, amount: 1 }, clock);
  advance(
    state,
    { cell: limitCells.tokensArrival, allowed: limits.tokens_per_minute, amount: demand.tokens },
    clock,
  );
}

/**
 * Replaces a reservation by what was really taken. `acceptedTime` decides to which day and month the cost belongs:
 * that of acceptance; a period that is over meanwhile has been closed without it here, and is whole in the database.
 */
export function settleDemand(
  state: LimitState,
  limits: Limits,
  { reserved, actual, clock, acceptedTime }: SettledDemand,
): void {
  rollPeriods(state, clock.time);
  const { cells, base } = state;
  const floor = (cell: number, value: number) => {
    cells[base + cell] = Math.max(0, value);
  };
  floor(limitCells.concurrent, (cells[base + limitCells.concurrent] as number) - 1);
  floor(limitCells.reservedMicros, (cells[base + limitCells.reservedMicros] as number) - reserved.costMicros);
  if (cells[base + limitCells.day] === dayOf(acceptedTime)) {
    cells[base + limitCells.dayMicros] = (cells[base + limitCells.dayMicros] as number) + actual.costMicros;
  }
  if (cells[base + limitCells.month] === monthOf(acceptedTime)) {
    cells[base + limitCells.monthMicros] =
      (cells[base + limitCells.monthMicros] as number) + actual.costMicros;
  }
  const correction = actual.tokens - reserved.tokens;
  advance(
    state,
    { cell: limitCells.tokensArrival, allowed: limits.tokens_per_minute, amount: correction },
    clock,
  );
}

export type SettledDemand = { reserved: Demand; actual: Demand; clock: LimitClock; acceptedTime: number };

/**
 * Puts in what the database knows, of the present day and month. What this process has settled is in the database as well, or will be,
 * and so is what others settled: the greater sum holds both, however often and in whatever order it is put in.
 */
export function rebuildBudget(state: LimitState, spent: Spent, clock: LimitClock): void {
  const { cells, base } = state;
  rollPeriods(state, clock.time);
  if (spent.day === cells[base + limitCells.day]) raise(state, limitCells.dayMicros, spent.day_micros);
  if (spent.month === cells[base + limitCells.month])
    raise(state, limitCells.monthMicros, spent.month_micros);
}

function raise({ cells, base }: LimitState, cell: number, value: number): void {
  if (value > (cells[base + cell] as number)) cells[base + cell] = value;
}

export type RateStatus = { limit: number; remaining: number; resetMs: number };

/** What is left of the two rates, for the headers; null where there is no such limit. */
export function rateStatus(
  state: LimitState,
  limits: Limits,
  clock: LimitClock,
): { requests: RateStatus | null; tokens: RateStatus | null } {
  return {
    requests: statusOf(
      state,
      { cell: limitCells.requestsArrival, allowed: limits.requests_per_minute },
      clock,
    ),
    tokens: statusOf(state, { cell: limitCells.tokensArrival, allowed: limits.tokens_per_minute }, clock),
  };
}

function statusOf(
  { cells, base }: LimitState,
  { cell, allowed }: { cell: number; allowed: number | undefined },
  { tick }: LimitClock,
): RateStatus | null {
  return rateStatusOf(allowed, Math.max(0, (cells[base + cell] as number) - tick));
}

/** What is left of a rate of which `usedMs` of the minute's allowance is taken; null without a limit. */
export function rateStatusOf(allowed: number | undefined, usedMs: number): RateStatus | null {
  if (allowed === undefined) return null;
  const remaining = Math.floor(((windowMs - usedMs) * allowed) / windowMs + 1e-9);
  return { limit: allowed, remaining: Math.max(0, remaining), resetMs: usedMs };
}

/** The generic cell rate algorithm (ITU-T I.371): a full minute's allowance may come at once, then its steady rate. */
function judgeRate(
  { cells, base }: LimitState,
  {
    limit,
    allowed,
    amount,
  }: { limit: "requests_per_minute" | "tokens_per_minute"; allowed: number | undefined; amount: number },
  { tick }: LimitClock,
): LimitRefusal | null {
  if (allowed === undefined) return null;
  if (amount > allowed) return { limit, retryAfterMs: null };
  const cell = limit === "requests_per_minute" ? limitCells.requestsArrival : limitCells.tokensArrival;
  const arrival = Math.max(cells[base + cell] as number, tick) + (amount * windowMs) / allowed;
  const early = arrival - windowMs - tick;
  // A microsecond of slack, so that rounding never refuses the last request of an exact allowance.
  return early > 0.001 ? { limit, retryAfterMs: early } : null;
}

function advance(
  { cells, base }: LimitState,
  { cell, allowed, amount }: { cell: number; allowed: number | undefined; amount: number },
  { tick }: LimitClock,
): void {
  if (allowed === undefined || amount === 0) return;
  cells[base + cell] = Math.max(cells[base + cell] as number, tick) + (amount * windowMs) / allowed;
}

function budgetAfter({ cells, base }: LimitState, cell: number, demand: Demand): number {
  return (
    (cells[base + cell] as number) + (cells[base + limitCells.reservedMicros] as number) + demand.costMicros
  );
}

/** A new day or month begins with nothing spent. A clock that is set back reopens no period. */
function rollPeriods({ cells, base }: LimitState, time: number): void {
  const day = dayOf(time);
  if (day > (cells[base + limitCells.day] as number)) {
    cells[base + limitCells.day] = day;
    cells[base + limitCells.dayMicros] = 0;
  }
  const month = monthOf(time);
  if (month > (cells[base + limitCells.month] as number)) {
    cells[base + limitCells.month] = month;
    cells[base + limitCells.monthMicros] = 0;
  }
}

/** Number of the UTC day since the epoch. */
export function dayOf(time: number): number {
  return Math.floor(time / dayMs);
}

/** Number of the UTC month, counted from year 0. */
export function monthOf(time: number): number {
  const date = new Date(time);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}
