/**
 * The cells of one target's state, a target being a provider key and an upstream model. They are 64-bit floats, so that
 * the state can lie in memory that threads share, and zeros are a target of which nothing bad is known. Whoever calls
 * these functions holds the target's lock. Times are ticks: monotonic milliseconds, the same clock in every thread.
 */
export const breakerCells = {
  /** One of `phases`. */
  phase: 0,
  /** When an open breaker lets a probe through. */
  openUntil: 1,
  /** Openings in a row: each stays open longer. */
  openings: 2,
  closedAt: 3,
  consecutiveFailures: 4,
  /** Successful probes since the breaker was half open. */
  probeSuccesses: 5,
  /** Start of the probe under way; 0 while there is none. */
  probeSince: 6,
  /** Start of the last probe that was let through because there was no other target. */
  lastResortAt: 7,
  /** Until when the target is left alone after a 429. */
  coolUntil: 8,
  lastFailureAt: 9,
  /** Number of the newest second of the window below. */
  second: 10,
  /** Ten pairs of cells, one a second: calls, and failures among them. */
  window: 11,
} as const;

/** Cells that one target takes. */
export const breakerCellCount = 32;

const phases = { closed: 0, open: 1, halfOpen: 2 } as const;

const windowSeconds = 10;
const consecutiveFailuresToOpen = 5;
const windowCallsToOpen = 20;
const windowShareToOpen = 0.5;
const openMs = 30_000;
const longestOpenMs = 300_000;
/** Threads and machines that opened together do not probe together. */
const openJitter = 0.2;
const successesToClose = 3;
/** A probe older than this belongs to a thread that is gone, or waits for an answer that says nothing any more. */
const probeLeaseMs = 30_000;
const lastResortEveryMs = 5_000;
/** A breaker that was closed for so long starts again with the shortest opening. */
const rememberOpeningsMs = 300_000;
const forgetAfterMs = 60_000;

/** State of one target: `cells[base + breakerCells.…]`. */
export type BreakerState = { cells: Float64Array; base: number };

/** Why a target is not called. `untilTick`: when that may change. */
export type Bar = { obstacle: "open" | "probing" | "cooling"; untilTick: number };

/** What a breaker has turned to. */
export type BreakerTransition = "open" | "half-open" | "closed";

export type BreakerEntry =
  | { kind: "call" }
  /** The one call that decides about the target; `transition` when it is the first since the breaker was open. */
  | { kind: "probe"; transition: BreakerTransition | null }
  | { kind: "barred"; bar: Bar };

/** What a call says about its target. `neutral` is for what the target is not to blame for. */
export type CallOutcome = "success" | "failure" | "neutral";

/**
 * How closely a target is to be looked at. `quiet`: neither calls nor successes need to be told; `watched`: a failure
 * lies in the window; `barred`: not every call may go there.
 */
export type Attention = "quiet" | "watched" | "barred";

/** Whether a call could be made now; changes nothing. Null: it could. */
export function judgeTarget(state: BreakerState, tick: number): Bar | null {
  const cool = read(state, breakerCells.coolUntil);
  if (cool > tick) return { obstacle: "cooling", untilTick: cool };
  const phase = read(state, breakerCells.phase);
  if (phase === phases.closed) return null;
  const openUntil = read(state, breakerCells.openUntil);
  if (phase === phases.open && openUntil > tick) return { obstacle: "open", untilTick: openUntil };
  const since = read(state, breakerCells.probeSince);
  const isProbed = since > 0 && since + probeLeaseMs > tick;
  return isProbed ? { obstacle: "probing", untilTick: since + probeLeaseMs } : null;
}

/** Lets a call through, as the single probe where the breaker is half open, or bars it. */
export function enterTarget(state: BreakerState, tick: number): BreakerEntry {
  const bar = judgeTarget(state, tick);
  if (bar !== null) return { kind: "barred", bar };
  const phase = read(state, breakerCells.phase);
  if (phase === phases.closed) return { kind: "call" };
  write(state, breakerCells.probeSince, tick);
  if (phase === phases.halfOpen) return { kind: "probe", transition: null };
  write(state, breakerCells.phase, phases.halfOpen);
  write(state, breakerCells.probeSuccesses, 0);
  return { kind: "probe", transition: "half-open" };
}

/**
 * The same for a request that has no other target: an open breaker then lets a probe through every five seconds, so
 * that clients see the upstream's own error and its recovery is noticed soon. A bar tells when the next probe is due.
 */
export function enterAsLastResort(state: BreakerState, tick: number): BreakerEntry {
  const entry = enterTarget(state, tick);
  if (entry.kind !== "barred" || entry.bar.obstacle !== "open") return entry;
  const dueAt = read(state, breakerCells.lastResortAt) + lastResortEveryMs;
  if (dueAt > tick) {
    return { kind: "barred", bar: { obstacle: "open", untilTick: Math.min(dueAt, entry.bar.untilTick) } };
  }
  write(state, breakerCells.lastResortAt, tick);
  write(state, breakerCells.probeSince, tick);
  return { kind: "probe", transition: null };
}

export type EndedCall = { outcome: CallOutcome; isProbe: boolean; tick: number; random: () => number };

/** Takes in how a call ended. Calls from before a breaker opened say nothing about it any more. */
export function leaveTarget(state: BreakerState, call: EndedCall): BreakerTransition | null {
  if (read(state, breakerCells.phase) === phases.closed) return leaveClosed(state, call);
  if (!call.isProbe) return null;
  write(state, breakerCells.probeSince, 0);
  const isHalfOpen = read(state, breakerCells.phase) === phases.halfOpen;
  if (call.outcome === "neutral") return null;
  if (call.outcome === "failure") return isHalfOpen ? open(state, call) : null;
  const successes = isHalfOpen ? read(state, breakerCells.probeSuccesses) + 1 : 1;
  write(state, breakerCells.probeSuccesses, successes);
  if (successes < successesToClose) {
    write(state, breakerCells.phase, phases.halfOpen);
    return isHalfOpen ? null : "half-open";
  }
  write(state, breakerCells.phase, phases.closed);
  write(state, breakerCells.closedAt, call.tick);
  return "closed";
}

/** Leaves the target alone until then. An earlier, longer wait stands. */
export function coolTarget(state: BreakerState, untilTick: number): void {
  write(state, breakerCells.coolUntil, Math.max(read(state, breakerCells.coolUntil), untilTick));
}

export function attentionOf(state: BreakerState, tick: number): Attention {
  const isBarred =
    read(state, breakerCells.phase) !== phases.closed || read(state, breakerCells.coolUntil) > tick;
  if (isBarred) return "barred";
  const failedAt = read(state, breakerCells.lastFailureAt);
  return failedAt > 0 && failedAt + windowSeconds * 1_000 > tick ? "watched" : "quiet";
}

/** The state holds nothing that a new one would not tell as well, so its place may go to another target. */
export function mayForgetTarget(state: BreakerState, tick: number): boolean {
  const longAgo = read(state, breakerCells.lastFailureAt) + forgetAfterMs <= tick;
  return attentionOf(state, tick) !== "barred" && longAgo;
}

function leaveClosed(state: BreakerState, { outcome, tick, random }: EndedCall): BreakerTransition | null {
  if (outcome === "neutral") return null;
  const failed = outcome === "failure";
  const consecutive = failed ? read(state, breakerCells.consecutiveFailures) + 1 : 0;
  write(state, breakerCells.consecutiveFailures, consecutive);
  if (failed) write(state, breakerCells.lastFailureAt, tick);
  const { calls, failures } = count(state, tick, failed);
  const tooMany = calls >= windowCallsToOpen && failures >= calls * windowShareToOpen;
  if (failed && (consecutive >= consecutiveFailuresToOpen || tooMany)) return open(state, { tick, random });
  return null;
}

function open(state: BreakerState, { tick, random }: Pick<EndedCall, "tick" | "random">): "open" {
  const closedAt = read(state, breakerCells.closedAt);
  const isLongAgo =
    read(state, breakerCells.phase) === phases.closed && closedAt + rememberOpeningsMs <= tick;
  const openings = (isLongAgo ? 0 : read(state, breakerCells.openings)) + 1;
  const duration = Math.min(longestOpenMs, openMs * openings) * (1 + openJitter * random());
  write(state, breakerCells.phase, phases.open);
  write(state, breakerCells.openings, openings);
  write(state, breakerCells.openUntil, tick + duration);
  write(state, breakerCells.lastResortAt, tick);
  write(state, breakerCells.probeSince, 0);
  write(state, breakerCells.consecutiveFailures, 0);
  clearWindow(state);
  return "open";
}

/** Adds a call to the sliding window and returns the window's sums. */
function count({ cells, base }: BreakerState, tick: number, failed: boolean) {
  const second = Math.floor(tick / 1_000);
  const at = base + breakerCells.window;
  const passed = Math.min(windowSeconds, second - (cells[base + breakerCells.second] as number));
  for (let age = 0; age < passed; age++) {
    const cell = at + ((second - age) % windowSeconds) * 2;
    cells.fill(0, cell, cell + 2);
  }
  cells[base + breakerCells.second] = second;
  const current = at + (second % windowSeconds) * 2;
  cells[current] = (cells[current] as number) + 1;
  if (failed) cells[current + 1] = (cells[current + 1] as number) + 1;
  let calls = 0;
  let failures = 0;
  for (let cell = at; cell < at + windowSeconds * 2; cell += 2) {
    calls += cells[cell] as number;
    failures += cells[cell + 1] as number;
  }
  return { calls, failures };
}

function clearWindow({ cells, base }: BreakerState): void {
  const at = base + breakerCells.window;
  cells.fill(0, at, at + windowSeconds * 2);
}

function read({ cells, base }: BreakerState, cell: number): number {
  return cells[base + cell] as number;
}

function write({ cells, base }: BreakerState, cell: number, value: number): void {
  cells[base + cell] = value;
}
