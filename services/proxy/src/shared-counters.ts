import type { Demand, LimitClock } from "@perpetuo/gateway/limits";
import {
  judgeDemand,
  rateStatus,
  rebuildBudget,
  reserveDemand,
  settleDemand,
} from "@perpetuo/gateway/limits";
import {
  type Admission,
  type AdmissionOutcome,
  type Counters,
  type LimitSubject,
  tighter,
  unlimitedAdmission,
} from "./counters.ts";
import type { LimitTable } from "./limit-table.ts";

const tableIsFull: AdmissionOutcome = { kind: "unavailable", reason: "the table of limits is full" };

/** Who counts once this process does not, and whether that is so. */
export type Successor = { isElsewhere: () => boolean; counters: Counters };

/** Exact over all threads of the process, without a hop: the state lies in shared memory. */
export class SharedCounters implements Counters {
  private readonly table: LimitTable;
  private readonly clock: () => LimitClock;
  private readonly successor: Successor | null;

  constructor(table: LimitTable, clock: () => LimitClock, successor: Successor | null = null) {
    this.table = table;
    this.clock = clock;
    this.successor = successor;
  }

  admit(
    subjects: readonly LimitSubject[],
    demand: Demand,
    acceptedTime: number,
  ): AdmissionOutcome | Promise<AdmissionOutcome> {
    const { successor } = this;
    if (successor === null) return this.admitHere(subjects, demand, acceptedTime);
    const slots = this.slotsOf(subjects);
    if (slots.includes(-1)) return tableIsFull;
    // Under the locks: whoever hands the limits over takes each of them before it reads what is counted.
    const outcome = this.table.withLocks(slots, () =>
      successor.isElsewhere() ? null : this.judgeAndReserve(subjects, slots, { demand, acceptedTime }),
    );
    return outcome ?? successor.counters.admit(subjects, demand, acceptedTime);
  }

  /** The same wherever the limits are, without a wait. */
  admitHere(subjects: readonly LimitSubject[], demand: Demand, acceptedTime: number): AdmissionOutcome {
    const slots = this.slotsOf(subjects);
    if (slots.includes(-1)) return tableIsFull;
    return this.table.withLocks(slots, () => this.judgeAndReserve(subjects, slots, { demand, acceptedTime }));
  }

  settle(admission: Admission, actual: Demand): void {
    const { subjects, demand, acceptedTime } = admission;
    if (subjects.length === 0) return;
    const slots = this.slotsOf(subjects);
    const { successor } = this;
    const clock = this.clock();
    const isSettled = this.table.withLocks(slots, () => {
      if (successor?.isElsewhere()) return false;
      for (const [index, subject] of subjects.entries()) {
        const state = this.table.stateOf(slots[index] as number);
        settleDemand(state, subject.limits, { reserved: demand, actual, clock, acceptedTime });
      }
      return true;
    });
    if (!isSettled) successor?.counters.settle(admission, actual);
  }

  /** Notes what another process has admitted for a request of this one. */
  reserve({ subjects, demand }: Admission): void {
    const slots = this.slotsOf(subjects);
    if (slots.includes(-1)) return;
    const clock = this.clock();
    this.table.withLocks(slots, () => {
      for (const [index, subject] of subjects.entries()) {
        reserveDemand(this.table.stateOf(slots[index] as number), subject.limits, { demand, clock });
      }
    });
  }

  private slotsOf(subjects: readonly LimitSubject[]): number[] {
    return subjects.map((subject) => this.table.slotOf(subject.id));
  }

  private judgeAndReserve(
    subjects: readonly LimitSubject[],
    slots: readonly number[],
    { demand, acceptedTime }: { demand: Demand; acceptedTime: number },
  ): AdmissionOutcome {
    const clock = this.clock();
    for (const [index, subject] of subjects.entries()) {
      const state = this.table.stateOf(slots[index] as number);
      if (subject.spent !== null) rebuildBudget(state, subject.spent, clock);
      const refusal = judgeDemand(state, subject.limits, { demand, clock });
      if (refusal === null) continue;
      const allowed = subject.limits[refusal.limit] ?? 0;
      return { kind: "refused", scope: subject.scope, allowed, ...refusal };
    }
    let admission: Admission = { ...unlimitedAdmission(acceptedTime), subjects, demand };
    for (const [index, subject] of subjects.entries()) {
      const state = this.table.stateOf(slots[index] as number);
      reserveDemand(state, subject.limits, { demand, clock });
      const { requests, tokens } = rateStatus(state, subject.limits, clock);
      admission = {
        ...admission,
        requests: tighter(admission.requests, requests),
        tokens: tighter(admission.tokens, tokens),
      };
    }
    return { kind: "admitted", admission };
  }
}
