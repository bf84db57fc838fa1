import { Bag, type Placed } from "./bag.ts";

/** A moment at which something is given up. `dueAt` may be moved at any time; Infinity never comes. */
export type Deadline = Placed & {
  /** Milliseconds on the clock that the owner was made with. */
  dueAt: number;
  readonly expire: () => void;
};

const tickMs = 50;
/** How long one turn of expiring may hold the event loop, in milliseconds. */
const longestTurnMs = 5;

/**
 * All deadlines of a thread on one ticker, which is late by 50 ms at most. A timer per request and phase would cost more
 * than the request's own work.
 */
export class Deadlines {
  private readonly active = new Bag<Deadline>();
  private readonly now: () => number;
  private timer: NodeJS.Timeout | null = null;
  private continuation: NodeJS.Immediate | null = null;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Starts a deadline. `expire` runs at most once, and never after `clear`. */
  add(dueAt: number, expire: () => void): Deadline {
    const deadline: Deadline = { dueAt, expire, place: -1 };
    this.active.add(deadline);
    return deadline;
  }

  /** Forgets a deadline; an unknown one is ignored. */
  clear(deadline: Deadline): void {
    this.active.remove(deadline);
  }

  get size(): number {
    return this.active.size;
  }

  /** Expires what is due. The ticker calls it; tests call it with a clock of their own. */
  tick(): void {
    const startedAt = this.now();
    for (const deadline of this.active.filter(({ dueAt }) => dueAt <= startedAt)) {
      // One that has expired before it may have cleared or moved it.
      if (deadline.place === -1 || deadline.dueAt > startedAt) continue;
      this.active.remove(deadline);
      deadline.expire();
      // Closing hundreds of connections whose buffers are full takes the kernel long; others wait meanwhile.
      if (this.now() - startedAt < longestTurnMs) continue;
      this.continuation = setImmediate(() => this.tick());
      return;
    }
  }

  start(): void {
    this.timer ??= setInterval(() => this.tick(), tickMs);
    this.timer.unref();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    if (this.continuation) clearImmediate(this.continuation);
    this.timer = null;
    this.continuation = null;
  }
}
