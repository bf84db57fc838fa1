import type { Deadline, Deadlines } from "./deadlines.ts";

/** Well below the library's own limit, whose clock ticks every 4 s. */
const patienceMs = 4_000;

export type StalledReaderOptions = {
  deadlines: Deadlines;
  now: () => number;
  /** Milliseconds in which a reader must take something of what waits for it. */
  stalledReaderTimeoutMs: number;
};

export type StalledReaderEvents = {
  /** The reader has taken nothing in its time. */
  onStalled: () => void;
  /** Starts the library's own time again. */
  renew: () => void;
};

/**
 * Watches one reader while it is behind. The library closes a connection some 10 s after a write that did not fit,
 * which is too soon for a reader on a slow line, so its time is renewed until our own is over.
 */
export class StalledReader {
  private readonly options: StalledReaderOptions;
  private readonly events: StalledReaderEvents;
  private stall: Deadline | null = null;
  private patience: Deadline | null = null;

  constructor(options: StalledReaderOptions, events: StalledReaderEvents) {
    this.options = options;
    this.events = events;
  }

  /** Something waits for the reader, and its time begins again. */
  wait(): void {
    const { deadlines, now, stalledReaderTimeoutMs } = this.options;
    const dueAt = now() + stalledReaderTimeoutMs;
    this.stall ??= deadlines.add(dueAt, this.events.onStalled);
    this.stall.dueAt = dueAt;
    if (this.patience === null) this.keepPatience();
  }

  /** The reader has taken everything, or is gone. */
  clear(): void {
    for (const deadline of [this.stall, this.patience]) {
      if (deadline) this.options.deadlines.clear(deadline);
    }
    this.stall = null;
    this.patience = null;
  }

  private keepPatience(): void {
    const { deadlines, now } = this.options;
    this.patience = deadlines.add(now() + patienceMs, () => {
      this.events.renew();
      this.keepPatience();
    });
  }
}
