import { dayOf, monthOf } from "@perpetuo/gateway/limits";
import type { LimitSubject } from "./counters.ts";

/** Micro-dollars that a subject spent on one day while Redis was away. `day` and `month` count from the epoch. */
export type UnreportedSum = { id: string; day: number; month: number; costMicros: number };

/** Sums beyond these are in the database alone; a process that sees so many subjects in one outage is not left to grow. */
const longestList = 100_000;

/** What was spent while Redis was away, until Redis has been told: a budget outlasts the outage. */
export class UnreportedSpending {
  private readonly sums = new Map<string, UnreportedSum>();

  get size(): number {
    return this.sums.size;
  }

  add(subjects: readonly LimitSubject[], costMicros: number, acceptedTime: number): void {
    if (costMicros === 0) return;
    const [day, month] = [dayOf(acceptedTime), monthOf(acceptedTime)];
    // A subject without a budget has no sum to keep.
    for (const { id, spent } of subjects) if (spent !== null) this.put({ id, day, month, costMicros });
  }

  /** Hands over at most `count` sums; what could not be told comes back by `put`. */
  take(count: number): UnreportedSum[] {
    const taken: UnreportedSum[] = [];
    for (const [key, sum] of this.sums) {
      if (taken.length === count) break;
      this.sums.delete(key);
      taken.push(sum);
    }
    return taken;
  }

  put(sum: UnreportedSum): void {
    const key = `${sum.id} ${sum.day}`;
    const present = this.sums.get(key);
    if (present !== undefined) present.costMicros += sum.costMicros;
    else if (this.sums.size < longestList) this.sums.set(key, { ...sum });
  }
}
