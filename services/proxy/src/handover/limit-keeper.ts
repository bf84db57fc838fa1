import type { AdmissionOutcome, LimitSubject } from "../counters.ts";
import type { LimitTable } from "../limit-table.ts";
import { SharedCounters } from "../shared-counters.ts";
import type { SharedState } from "../shared-state.ts";
import { limitClock } from "../shared-tick.ts";
import type { LimitCall, LimitsFromChild, LimitsToChild } from "./limit-messages.ts";
import {
  type LimitShares,
  type LimitsState,
  readLimits,
  releaseShares,
  subtractShare,
  writeLimits,
} from "./limits-state.ts";

export type LimitKeeperOptions = {
  generation: string;
  table: LimitTable;
  shared: SharedState;
  send: (message: LimitsFromChild) => void;
};

type AdmitCall = LimitCall & { kind: "admit" };
type Waiting = { call: AdmitCall; answer: (outcome: AdmissionOutcome) => void };

/**
 * A process's part in the handing over of limits: one generation at a time counts, for all that are alive. The cut is
 * exact: threads look under a subject's lock whether its limits have moved, and the lock is taken for every subject that
 * is read. A process that has handed over keeps its own requests in its table all the same, so that it can count again
 * when its successor dies.
 */
export class LimitKeeper {
  private readonly options: LimitKeeperOptions;
  private readonly counters: SharedCounters;
  /** What other generations have under way here. */
  private readonly others = new Map<string, LimitShares>();
  /** Calls that the process that counts has not answered. */
  private readonly waiting = new Map<number, Waiting>();
  private nextCall = 0;
  private isKeeping = true;

  constructor(options: LimitKeeperOptions) {
    this.options = options;
    this.counters = new SharedCounters(options.table, limitClock);
  }

  /** What the supervisor says about limits. */
  receive(message: LimitsToChild): void {
    switch (message.kind) {
      case "hand-over-limits":
        this.handOver();
        return;
      case "take-limits":
        this.take(message.state);
        return;
      case "limit-call":
        this.serve(message.from, message.call);
        return;
      case "limit-answer":
        this.answered(message.id, message.outcome);
        return;
      case "release-limits":
        this.release(message.generation);
        return;
      case "count-again":
        this.countAgain();
    }
  }

  /** A call of a thread of this process, which found its limits elsewhere. */
  call(call: LimitCall, answer: (outcome: AdmissionOutcome) => void): void {
    if (call.kind === "settle") {
      this.counters.settle(call.admission, call.actual);
      if (!this.isKeeping) this.options.send({ kind: "limit-call", call });
      return;
    }
    // They may have come back while the call was on its way.
    if (this.isKeeping) {
      answer(this.admit(call));
      return;
    }
    const id = this.nextCall++;
    this.waiting.set(id, { call, answer });
    this.options.send({ kind: "limit-call", call: { ...call, id } });
  }

  /** From now on another generation counts. */
  private handOver(): void {
    const { shared, table, generation, send } = this.options;
    this.isKeeping = false;
    shared.moveLimits("elsewhere");
    send({ kind: "limits", state: readLimits(table, this.others, generation) });
  }

  /** Goes on where another generation stopped. */
  private take(state: LimitsState): void {
    writeLimits(this.options.table, state);
    for (const { generation, shares } of state.shares) this.others.set(generation, new Map(shares));
    this.options.send({ kind: "limits-taken" });
  }

  /** Whoever counted is gone: this process counts again, from what it knows of its own requests. */
  private countAgain(): void {
    if (this.isKeeping) return;
    this.isKeeping = true;
    // They count for themselves as well.
    for (const generation of [...this.others.keys()]) this.release(generation);
    this.options.shared.moveLimits("here");
    for (const { call, answer } of this.waiting.values()) answer(this.admit(call));
    this.waiting.clear();
  }

  private answered(id: number, outcome: AdmissionOutcome): void {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return;
    this.waiting.delete(id);
    if (outcome.kind === "admitted") this.counters.reserve(outcome.admission);
    waiting.answer(outcome);
  }

  /** A call of another generation. */
  private serve(from: string, call: LimitCall): void {
    if (call.kind === "settle") {
      const { admission, actual } = call;
      this.counters.settle(admission, actual);
      this.changeShare(from, admission.subjects, {
        concurrent: 1,
        reservedMicros: admission.demand.costMicros,
      });
      return;
    }
    const outcome = this.admit(call);
    if (outcome.kind === "admitted") {
      const { costMicros } = call.demand;
      this.changeShare(from, call.subjects, { concurrent: -1, reservedMicros: -costMicros });
    }
    this.options.send({ kind: "limit-answer", to: from, id: call.id, outcome });
  }

  /** A generation is gone: what it had under way will never be settled. */
  private release(generation: string): void {
    const shares = this.others.get(generation);
    this.others.delete(generation);
    if (shares !== undefined) releaseShares(this.options.table, shares);
  }

  private admit({ subjects, demand, acceptedTime }: AdmitCall): AdmissionOutcome {
    return this.counters.admitHere(subjects, demand, acceptedTime);
  }

  /** Takes `share` off what the generation has under way; a negative one is put on. */
  private changeShare(
    generation: string,
    subjects: readonly LimitSubject[],
    share: { concurrent: number; reservedMicros: number },
  ): void {
    const shares: LimitShares = this.others.get(generation) ?? new Map();
    this.others.set(generation, shares);
    for (const { id } of subjects) {
      const name = String(this.options.table.nameOf(id));
      shares.set(name, subtractShare(shares.get(name) ?? { concurrent: 0, reservedMicros: 0 }, share));
    }
  }
}
