import {
  attentionOf,
  type Bar as BreakerBar,
  type BreakerEntry,
  type BreakerTransition,
  breakerCellCount,
  type CallOutcome,
  coolTarget,
  enterAsLastResort,
  enterTarget,
  judgeTarget,
  leaveTarget,
  mayForgetTarget,
} from "@perpetuo/gateway/breaker";
import {
  beginCall,
  endCall,
  mayForgetProviderKey,
  probeQuota,
  providerKeyCellCount,
  quotaBar,
  type RetryKind,
  returnRetry,
  takeRetry,
} from "@perpetuo/gateway/retry-budget";
import type { Target } from "@perpetuo/gateway/routing/target";
import {
  createSlotBuffers,
  nameOfText,
  type SlotState,
  SlotTable,
  type SlotTableBuffers,
} from "./slot-table.ts";

/** Targets and provider keys of which one process keeps something in mind. */
const defaultSlots = 65_536;

export type TargetHealthBuffers = { targets: SlotTableBuffers; providerKeys: SlotTableBuffers };

export function createHealthBuffers(slots = defaultSlots): TargetHealthBuffers {
  return {
    targets: createSlotBuffers(slots, breakerCellCount),
    providerKeys: createSlotBuffers(slots, providerKeyCellCount),
  };
}

export type HealthEvent =
  | { kind: "breaker"; provider: string; transition: BreakerTransition }
  | { kind: "retry"; provider: string; retry: RetryKind | "denied" };

export type HealthOptions = {
  /** Monotonic milliseconds, the same clock in every thread. */
  tick: () => number;
  random: () => number;
  observe: (event: HealthEvent) => void;
};

/** Why a target is not called, in words for the log, and for how long at least. */
export type Bar = { obstacle: BreakerBar["obstacle"] | "quota"; reason: string; remainingMs: number };

/** The right to one call, to be given back with `leave`. */
export type CallPass = { readonly target: Target; readonly isProbe: boolean };

export type Entry = { kind: "entered"; pass: CallPass } | { kind: "barred"; bar: Bar };

/** The right to one retry, to be given back with `returnRetry`. */
export type RetryGrant = { readonly target: Target; readonly kind: RetryKind };

/** What a call says about its target and about its provider key. */
export type CallVerdict =
  | { kind: CallOutcome }
  | { kind: "throttled"; cooldownMs: number }
  | { kind: "quota-spent" };

/** Flags of the tables' slots: while it is `quiet`, a slot's cells need not be looked at. */
const flags = { quiet: 0, watched: 1, barred: 2 } as const;

/**
 * Circuit breakers, cooldowns and retry budgets, shared by all threads of the process. A target is a provider key and an
 * upstream model, so that one tenant's key never bars another's, and a model that fails never bars the key's others.
 * A target of which nothing bad is known has no slot, and costs a flag test.
 */
export class TargetHealth {
  private readonly options: HealthOptions;
  private readonly targets: SlotTable;
  private readonly providerKeys: SlotTable;

  constructor(buffers: TargetHealthBuffers, options: HealthOptions) {
    this.options = options;
    this.targets = new SlotTable(buffers.targets, {
      cellCount: breakerCellCount,
      nameOf: nameOfText,
      mayReuse: (state) => mayForgetTarget(state, options.tick()),
    });
    this.providerKeys = new SlotTable(buffers.providerKeys, {
      cellCount: providerKeyCellCount,
      nameOf: nameOfText,
      mayReuse: (state) => mayForgetProviderKey(state, options.tick()),
    });
  }

  /** Why the target cannot be asked now; null when it can. Changes nothing and waits for nothing. */
  obstacleTo(target: Target): string | null {
    const quota = this.quotaOf(target);
    if (quota !== null) return quota.reason;
    const bar = this.barred(target, (state, tick) => judgeTarget(state, tick), null);
    return bar === null ? null : this.describe(bar).reason;
  }

  /** Begins a call, or says why it may not be made. */
  enter(target: Target): Entry {
    const bar = this.quotaOf(target);
    return bar === null ? this.begin(target, enterTarget) : { kind: "barred", bar };
  }

  /** The same for a request that has no other target: now and then a call goes through all the same. */
  enterAsLastResort(target: Target): Entry {
    const bar = this.quotaOf(target);
    if (bar === null) return this.begin(target, enterAsLastResort);
    const tick = this.options.tick();
    const dueAt = this.withKey(target, (state) => probeQuota(state, tick)) ?? 0;
    if (dueAt === 0) return this.begin(target, enterAsLastResort);
    return { kind: "barred", bar: { ...bar, remainingMs: Math.min(bar.remainingMs, dueAt - tick) } };
  }

  /** Ends a call. Must be called once for each pass. */
  leave({ target, isProbe }: CallPass, verdict: CallVerdict): void {
    const tick = this.options.tick();
    const ofKey = verdict.kind === "success" || verdict.kind === "quota-spent" ? verdict.kind : "other";
    this.withKey(target, (state, slot) => {
      endCall(state, ofKey, tick);
      this.providerKeys.setFlag(slot, quotaBar(state, tick) > 0 ? flags.barred : flags.quiet);
    });
    const isBad = verdict.kind === "failure" || verdict.kind === "throttled";
    if (!isBad && this.targetFlag(target) === flags.quiet) return;
    const { random } = this.options;
    const outcome = verdict.kind === "success" || verdict.kind === "failure" ? verdict.kind : "neutral";
    const transition = this.withTarget(target, (state) => {
      if (verdict.kind === "throttled") coolTarget(state, tick + verdict.cooldownMs);
      return leaveTarget(state, { outcome, isProbe, tick, random });
    });
    this.tell(target, transition);
  }

  /** Takes a retry out of the budget of the target's provider key; null when there is none left. */
  takeRetry(target: Target, kind: RetryKind): RetryGrant | null {
    const tick = this.options.tick();
    const outcome = this.withKey(target, (state) => takeRetry(state, kind, tick));
    const { provider } = target.providerKey;
    this.options.observe({ kind: "retry", provider, retry: outcome === "granted" ? kind : "denied" });
    return outcome === "granted" ? { target, kind } : null;
  }

  returnRetry({ target, kind }: RetryGrant, outcome: "helped" | "in-vain" | "unused"): void {
    this.withKey(target, (state) => returnRetry(state, { kind, outcome }));
  }

  private begin(target: Target, enter: (state: SlotState, tick: number) => BreakerEntry): Entry {
    const entry = this.barred(target, enter, { kind: "call" });
    if (entry.kind === "barred") return { kind: "barred", bar: this.describe(entry.bar) };
    if (entry.kind === "probe") this.tell(target, entry.transition);
    this.withKey(target, (state) => beginCall(state));
    return { kind: "entered", pass: { target, isProbe: entry.kind === "probe" } };
  }

  private quotaOf({ providerKey }: Target): Bar | null {
    const slot = this.providerKeys.find(providerKey.provider_key_id);
    if (slot === -1 || this.providerKeys.flagOf(slot) === flags.quiet) return null;
    const tick = this.options.tick();
    const until = quotaBar(this.providerKeys.stateOf(slot), tick);
    if (until === 0) return null;
    const reason = "the provider key's account has spent its allowance";
    return { obstacle: "quota", reason, remainingMs: until - tick };
  }

  private targetFlag(target: Target): number {
    const slot = this.targets.find(target.id);
    return slot === -1 ? flags.quiet : this.targets.flagOf(slot);
  }

  /** Asks the state of a target that may be barred; every other one gets `otherwise` for a flag test. */
  private barred<TResult>(
    target: Target,
    ask: (state: SlotState, tick: number) => TResult,
    otherwise: TResult,
  ): TResult {
    if (this.targetFlag(target) !== flags.barred) return otherwise;
    const tick = this.options.tick();
    const asked = this.withTarget(target, (state) => ({ result: ask(state, tick) }));
    return asked === null ? otherwise : asked.result;
  }

  /** Works on the target's state under its lock and sets its flag; null when the table is full. */
  private withTarget<TResult>(target: Target, work: (state: SlotState) => TResult): TResult | null {
    return this.targets.withSlot(target.id, (state, slot) => {
      const result = work(state);
      this.targets.setFlag(slot, flags[attentionOf(state, this.options.tick())]);
      return result;
    });
  }

  private withKey<TResult>(target: Target, work: (state: SlotState, slot: number) => TResult) {
    return this.providerKeys.withSlot(target.providerKey.provider_key_id, work);
  }

  private describe({ obstacle, untilTick }: BreakerBar): Bar {
    const remainingMs = Math.max(0, untilTick - this.options.tick());
    const reasons = {
      open: "the circuit breaker is open",
      probing: "the circuit breaker is half open, and its probe is under way",
      cooling: `cooling down after 429 for ${Math.ceil(remainingMs / 1_000)} s`,
    };
    return { obstacle, reason: reasons[obstacle], remainingMs };
  }

  private tell({ providerKey }: Target, transition: BreakerTransition | null): void {
    if (transition === null) return;
    this.options.observe({ kind: "breaker", provider: providerKey.provider, transition });
  }
}
