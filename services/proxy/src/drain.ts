import type { DrainReason, ThreadLoad } from "./messages.ts";

const pollMs = 50;
/**
 * Longer than the HTTP library leaves a connection idle, 10 s by a clock that ticks every 4 s. By then each has either
 * brought a last request, whose answer closed it, or has ended as it would have without a restart.
 */
const idleReplacedMs = 16_000;
/** The most that an instance that stops waits for connections on which nothing is under way. */
const idleStoppingMs = 1_000;

export type DrainSteps = {
  /** Milliseconds between the first news and the end of listening, for load balancers to notice. */
  delayMs: number;
  /** Milliseconds after which what is still under way is interrupted. */
  graceMs: number;
  now: () => number;
  sleep: (milliseconds: number) => Promise<void>;
  stopListening: () => void;
  /** Of all threads. A port that is still open counts as a connection. */
  load: () => Promise<ThreadLoad>;
};

/**
 * How one process ends its work: deaf after the delay, and through when nothing is under way and every connection is
 * closed, or when the grace is over. A connection without a request is left open for a while, because its client may be
 * sending one at this moment, and a close would reset it.
 */
export class Drain {
  private readonly steps: DrainSteps;
  private readonly hurried = Promise.withResolvers<void>();
  private reason: DrainReason;
  private isHurried = false;
  private isCancelled = false;

  constructor(reason: DrainReason, steps: DrainSteps) {
    this.reason = reason;
    this.steps = steps;
  }

  /** A replaced process whose instance stops as well waits no longer for idle connections. */
  escalate(reason: DrainReason): void {
    if (reason === "stopping") this.reason = reason;
  }

  /** Ends the wait now. */
  hurry(): void {
    this.isHurried = true;
    this.hurried.resolve();
  }

  /** The process goes on serving. */
  cancel(): void {
    this.isCancelled = true;
    this.hurry();
  }

  /** Resolves when the process can close what is left, or has been told to go on. */
  async run(): Promise<"through" | "cancelled"> {
    const { delayMs, graceMs, now, sleep, stopListening, load } = this.steps;
    if (this.reason === "stopping") await Promise.race([sleep(delayMs), this.hurried.promise]);
    stopListening();
    const until = now() + graceMs;
    let idleSince: number | null = null;
    while (!this.isHurried && now() < until) {
      const { inFlight, connections } = await load();
      if (inFlight > 0) idleSince = null;
      else idleSince ??= now();
      if (idleSince !== null && (connections === 0 || now() - idleSince >= this.idleMs())) break;
      await Promise.race([sleep(pollMs), this.hurried.promise]);
    }
    return this.isCancelled ? "cancelled" : "through";
  }

  private idleMs(): number {
    return this.reason === "replaced" ? idleReplacedMs : Math.min(this.steps.delayMs, idleStoppingMs);
  }
}
