import type { Demand } from "@perpetuo/gateway/limits";
import type { Admission, AdmissionOutcome, Counters, LimitSubject } from "../counters.ts";
import type { LimitCall } from "./limit-messages.ts";

/** A hop to another process takes a millisecond; by then nobody answers. */
const patienceMs = 2_000;

/** Counts in another generation of the instance, which a thread reaches through its own process. */
export class RemoteCounters implements Counters {
  private readonly send: (call: LimitCall) => void;
  private readonly waiting = new Map<number, (outcome: AdmissionOutcome) => void>();
  private next = 0;

  constructor(send: (call: LimitCall) => void) {
    this.send = send;
  }

  admit(subjects: readonly LimitSubject[], demand: Demand, acceptedTime: number): Promise<AdmissionOutcome> {
    const id = this.next++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        resolve({ kind: "unavailable", reason: "the generation that counts does not answer" });
      }, patienceMs);
      this.waiting.set(id, (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      });
      this.send({ kind: "admit", id, subjects, demand, acceptedTime });
    });
  }

  settle(admission: Admission, actual: Demand): void {
    this.send({ kind: "settle", admission, actual });
  }

  answered(id: number, outcome: AdmissionOutcome): void {
    const answer = this.waiting.get(id);
    this.waiting.delete(id);
    if (answer !== undefined) answer(outcome);
    // Nobody waits any more for what has been reserved.
    else if (outcome.kind === "admitted") this.settle(outcome.admission, { tokens: 0, costMicros: 0 });
  }
}
