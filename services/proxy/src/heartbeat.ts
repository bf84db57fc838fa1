import type { Deadline, Deadlines } from "./deadlines.ts";
import type { Exchange } from "./exchange.ts";

/** Silence after which a stream says that it is alive; clients give one up after five minutes. */
const silenceMs = 15_000;

export type HeartbeatDeps = { deadlines: Pick<Deadlines, "add" | "clear">; now: () => number };

/**
 * Writes an event that says nothing into a stream's silences. What the gateway writes does not count as a sign of life of
 * the upstream, whose own limits go on.
 */
export class Heartbeat {
  private readonly exchange: Exchange;
  private readonly event: Buffer;
  private readonly deps: HeartbeatDeps;
  private deadline: Deadline;

  constructor(exchange: Exchange, event: Buffer, deps: HeartbeatDeps) {
    this.exchange = exchange;
    this.event = event;
    this.deps = deps;
    this.deadline = this.arm();
  }

  /** Something has been written. */
  postpone(): void {
    this.deadline.dueAt = this.deps.now() + silenceMs;
  }

  stop(): void {
    this.deps.deadlines.clear(this.deadline);
  }

  private arm(): Deadline {
    return this.deps.deadlines.add(this.deps.now() + silenceMs, () => {
      this.deadline = this.arm();
      // Before the first event there is no head yet, and it is not for a sign of life to send it.
      if (this.exchange.started) this.exchange.write(this.event);
    });
  }
}
