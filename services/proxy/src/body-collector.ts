import type { Deadline, Deadlines } from "./deadlines.ts";
import type { BodyOutcome } from "./exchange.ts";

export type BodyLimits = {
  deadlines: Deadlines;
  now: () => number;
  maxBodyBytes: number;
  /** Milliseconds in which a body must have arrived. */
  bodyTimeoutMs: number;
};

/** How much of a body that nobody wants is read and thrown away, so that the sender gets to read the answer. */
const maxDiscardedBytes = 16 * 1_048_576;
const maxDiscardMs = 1_500;

const nothing = Buffer.alloc(0);

/** Gathers one request's body within its limits. It never holds more than the limit and one chunk. */
export class BodyCollector {
  readonly outcome: Promise<BodyOutcome>;
  /** The last byte has arrived, wanted or not: the connection is at the start of the next request. */
  isComplete = false;
  private readonly limits: BodyLimits;
  private readonly resolve: (outcome: BodyOutcome) => void;
  private deadline: Deadline | null;
  private chunks: Buffer[] = [];
  private received = 0;
  private timedOut = false;
  private afterDiscard: (() => void) | null = null;

  constructor(limits: BodyLimits) {
    this.limits = limits;
    const { promise, resolve } = Promise.withResolvers<BodyOutcome>();
    this.outcome = promise;
    this.resolve = resolve;
    this.deadline = limits.deadlines.add(limits.now() + limits.bodyTimeoutMs, () => {
      this.timedOut = true;
      this.settle({ kind: "timed-out" });
    });
  }

  /** A body that is there already, because there is none. */
  static empty(limits: BodyLimits): BodyCollector {
    const collector = new BodyCollector(limits);
    collector.isComplete = true;
    collector.settle({ kind: "complete", body: nothing });
    return collector;
  }

  /** Takes the next piece, which is copied: its memory is taken back when this returns. */
  push(chunk: ArrayBuffer, isLast: boolean): void {
    this.received += chunk.byteLength;
    if (isLast) this.isComplete = true;
    if (this.deadline !== null && this.afterDiscard === null) this.collect(chunk, isLast);
    if (isLast || this.received > this.limits.maxBodyBytes + maxDiscardedBytes) this.stopDiscarding();
  }

  /** Nobody waits for the body any more. */
  abandon(): void {
    this.settle({ kind: "gone" });
    this.afterDiscard = null;
  }

  /** The instance has no more time to wait for the rest. */
  stop(): void {
    if (this.deadline !== null && this.afterDiscard === null) this.settle({ kind: "stopping" });
  }

  /**
   * Runs once the rest of the body is out of the way: now, when it has all arrived or came too slowly, else when it
   * has arrived, or too much of it, or too late. An answer sent before would be lost with the connection's reset.
   */
  whenOutOfTheWay(run: () => void): void {
    if (this.isComplete || this.timedOut) {
      run();
      return;
    }
    this.settle({ kind: "gone" });
    this.afterDiscard = run;
    const { deadlines, now } = this.limits;
    this.deadline = deadlines.add(now() + maxDiscardMs, () => this.stopDiscarding());
  }

  private collect(chunk: ArrayBuffer, isLast: boolean): void {
    if (this.received > this.limits.maxBodyBytes) {
      this.settle({ kind: "too-large" });
      return;
    }
    this.chunks.push(Buffer.from(new Uint8Array(chunk)));
    if (!isLast) return;
    const [first = nothing] = this.chunks;
    this.settle({ kind: "complete", body: this.chunks.length === 1 ? first : Buffer.concat(this.chunks) });
  }

  private stopDiscarding(): void {
    const run = this.afterDiscard;
    if (run === null) return;
    this.abandon();
    this.clearDeadline();
    run();
  }

  private settle(outcome: BodyOutcome): void {
    this.clearDeadline();
    this.chunks = [];
    this.resolve(outcome);
  }

  private clearDeadline(): void {
    if (this.deadline !== null) this.limits.deadlines.clear(this.deadline);
    this.deadline = null;
  }
}
