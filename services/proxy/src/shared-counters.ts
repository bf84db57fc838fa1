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

/** Exact over all threads of the process, without a hop: the state lies in shared memory. */
export class SharedCounters implements Counters {
  private readonly table: LimitTable;
  private readonly clock: () => LimitClock;

  constructor(table: LimitTable, clock: () => LimitClock) {
    this.table = table;
    this.clock = clock;
  }

  admit(subjects: readonly LimitSubject[], demand: Demand, acceptedTime: number): AdmissionOutcome {
    const slots = subjects.map((subject) => this.table.slotOf(subject.id));
    if (slots.includes(-1)) return { kind: "unavailable", reason: "the table of limits is full" };
    return this.table.withLocks(slots, () => this.judgeAndReserve(subjects, slots, { demand, acceptedTime }));
  }

  settle(admission: Admission, actual: Demand): void {
    const { subjects, demand, acceptedTime } = admission;
    if (subjects.length === 0) return;
    const slots = subjects.map((subject) => this.table.slotOf(subject.id));
    const clock = this.clock();
    this.table.withLocks(slots, () => {
      for (const [index, subject] of subjects.entries()) {
        const state = this.table.stateOf(slots[index] as number);
        settleDemand(state, subject.limits, { reserved: demand, actual, clock, acceptedTime });
      }
    });
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
