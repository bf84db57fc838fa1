/**
 * The cells of one provider key's state, zeros being a full budget. They are shared by threads and guarded as those of
 * `breaker.ts` are; times are the same ticks.
 */
export const providerKeyCells = {
  /** Calls whose verdict is awaited. */
  inFlight: 0,
  /** Repeats among them, and repeats that wait for their turn. */
  repeats: 1,
  lastRepeatAt: 2,
  /** Tokens taken out of the bucket. */
  spent: 3,
  /** Until when the key is left alone because its account has spent its allowance. */
  quotaUntil: 4,
  /** Start of the last call that was let through all the same. */
  lastProbeAt: 5,
} as const;

/** Cells that one provider key takes. */
export const providerKeyCellCount = 6;

/** AWS SDKs' retry quota (defaults of 2026): 500 tokens, 14 for a retry after a transient error, 1 back for a success. */
const bucketTokens = 500;
const retryCost = 14;
/** Envoy's retry budget: a fifth of what is in flight, three at least. */
const repeatShare = 0.2;
const fewestRepeats = 3;
/** Longer than any call: repeats of this age belong to a thread that is gone. */
const staleRepeatMs = 3_600_000;
const quotaMs = 300_000;
const quotaProbeEveryMs = 5_000;

/** State of one provider key: `cells[base + providerKeyCells.…]`. */
export type ProviderKeyState = { cells: Float64Array; base: number };

/**
 * `fallback` asks a provider key that this request has not asked yet; `repeat` asks one again, which adds to the load
 * that it may be failing under, and so needs a place among the few at a time as well.
 */
export type RetryKind = "fallback" | "repeat";

/** Takes a retry out of the key's budget, or says that there is none left. */
export function takeRetry(
  { cells, base }: ProviderKeyState,
  kind: RetryKind,
  tick: number,
): "granted" | "denied" {
  const spent = cells[base + providerKeyCells.spent] as number;
  if (spent + retryCost > bucketTokens) return "denied";
  if (kind === "repeat") {
    const isStale = (cells[base + providerKeyCells.lastRepeatAt] as number) + staleRepeatMs < tick;
    const repeats = isStale ? 0 : (cells[base + providerKeyCells.repeats] as number);
    const inFlight = cells[base + providerKeyCells.inFlight] as number;
    if (repeats >= Math.max(fewestRepeats, Math.floor(inFlight * repeatShare))) return "denied";
    cells[base + providerKeyCells.repeats] = repeats + 1;
    cells[base + providerKeyCells.lastRepeatAt] = tick;
  }
  cells[base + providerKeyCells.spent] = spent + retryCost;
  return "granted";
}

/** Gives a repeat's place back, and the tokens where the retry helped: what succeeds amplifies nothing. */
export function returnRetry(
  state: ProviderKeyState,
  { kind, outcome }: { kind: RetryKind; outcome: "helped" | "in-vain" | "unused" },
): void {
  if (kind === "repeat") add(state, providerKeyCells.repeats, -1);
  if (outcome !== "in-vain") add(state, providerKeyCells.spent, -retryCost);
}

export function beginCall(state: ProviderKeyState): void {
  add(state, providerKeyCells.inFlight, 1);
}

/** Takes in that a call has its verdict. A success earns a token. */
export function endCall(
  state: ProviderKeyState,
  verdict: "success" | "quota-spent" | "other",
  tick: number,
): void {
  add(state, providerKeyCells.inFlight, -1);
  const { cells, base } = state;
  if (verdict === "success") {
    add(state, providerKeyCells.spent, -1);
    // A success of a call from before the allowance was spent says nothing; one since the first probe does.
    const spentSince = (cells[base + providerKeyCells.quotaUntil] as number) - quotaMs;
    if ((cells[base + providerKeyCells.lastProbeAt] as number) > spentSince)
      cells[base + providerKeyCells.quotaUntil] = 0;
  } else if (verdict === "quota-spent") {
    cells[base + providerKeyCells.quotaUntil] = tick + quotaMs;
    cells[base + providerKeyCells.lastProbeAt] = tick;
  }
}

/** Until when the key is left alone; 0 when it is not. */
export function quotaBar({ cells, base }: ProviderKeyState, tick: number): number {
  const until = cells[base + providerKeyCells.quotaUntil] as number;
  return until > tick ? until : 0;
}

/** Lets one call in five seconds through for requests that have no other key. Returns 0, or when the next one is due. */
export function probeQuota({ cells, base }: ProviderKeyState, tick: number): number {
  const dueAt = (cells[base + providerKeyCells.lastProbeAt] as number) + quotaProbeEveryMs;
  if (dueAt > tick) return dueAt;
  cells[base + providerKeyCells.lastProbeAt] = tick;
  return 0;
}

/** The state holds nothing that a new one would not tell as well. */
export function mayForgetProviderKey(state: ProviderKeyState, tick: number): boolean {
  const { cells, base } = state;
  const isIdle =
    cells[base + providerKeyCells.inFlight] === 0 && cells[base + providerKeyCells.repeats] === 0;
  return isIdle && cells[base + providerKeyCells.spent] === 0 && quotaBar(state, tick) === 0;
}

function add({ cells, base }: ProviderKeyState, cell: number, amount: number): void {
  cells[base + cell] = Math.max(0, (cells[base + cell] as number) + amount);
}
