import type { Generation } from "../generation.ts";
import type { LimitCall, LimitsFromChild } from "./limit-messages.ts";

type HandOver = { from: Generation; to: Generation; done: () => void };

/**
 * The supervisor's part in the handing over of limits: it knows which generation counts, and takes the others' calls
 * there. Calls that come while the counts themselves are on their way wait, so that none is counted before or twice.
 */
export class LimitRelay {
  private readonly generations: ReadonlySet<Generation>;
  private keeper: Generation | null = null;
  private handOver: HandOver | null = null;
  private held: { from: Generation; call: LimitCall }[] = [];

  constructor(generations: ReadonlySet<Generation>) {
    this.generations = generations;
  }

  /** The generation counts from the start, because it has nobody to take anything over from. */
  begin(generation: Generation): void {
    this.keeper = generation;
  }

  /** Moves the counts from one generation to another; resolves when they are there. */
  move(from: Generation, to: Generation): Promise<void> {
    return new Promise((done) => {
      this.handOver = { from, to, done };
      from.tell({ kind: "hand-over-limits" });
    });
  }

  hear(from: Generation, message: LimitsFromChild): void {
    switch (message.kind) {
      case "limits":
        this.deliver(message);
        return;
      case "limits-taken":
        this.handOver?.done();
        this.handOver = null;
        return;
      case "limit-call":
        this.route(from, message.call);
        return;
      case "limit-answer": {
        const { id, outcome } = message;
        this.find(message.to)?.tell({ kind: "limit-answer", id, outcome });
      }
    }
  }

  /** The generation is gone: what it had under way is free again, and if it counted, the others count for themselves. */
  ended(generation: Generation): void {
    if (this.handOver?.from === generation || this.handOver?.to === generation) this.handOver = null;
    if (generation !== this.keeper) {
      this.keeper?.tell({ kind: "release-limits", generation: generation.id });
      return;
    }
    this.keeper = null;
    this.held = [];
    this.tellAllToCount();
  }

  private deliver(message: LimitsFromChild & { kind: "limits" }): void {
    const to = this.handOver?.to;
    // The successor may have died meanwhile.
    if (to === undefined || to.how !== null) this.tellAllToCount();
    else {
      to.tell({ kind: "take-limits", state: message.state });
      this.keeper = to;
    }
    for (const { from, call } of this.held.splice(0)) this.route(from, call);
  }

  private route(from: Generation, call: LimitCall): void {
    const { handOver, keeper } = this;
    // The old generation's own calls come after its counts; those of even older ones may come before.
    if (handOver !== null && keeper === handOver.from) this.held.push({ from, call });
    else keeper?.tell({ kind: "limit-call", from: from.id, call });
  }

  private tellAllToCount(): void {
    for (const generation of this.generations) generation.tell({ kind: "count-again" });
  }

  private find(id: string): Generation | undefined {
    for (const generation of this.generations) if (generation.id === id) return generation;
    return undefined;
  }
}
