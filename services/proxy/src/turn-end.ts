/** What has a write to make at the end of the turn. */
export type Deferred = {
  /** Makes it. Called once for each `add`. */
  flush(): void;
};

/**
 * Puts writes off to the end of the event loop's turn, where they follow each other closely. A write to somebody on the
 * same machine who sleeps wakes them, which costs more than all the rest of the write; as long as they are busy with the
 * first, the others cost no waking. Nothing waits for long: the turn ends when what has arrived is worked off.
 */
export class TurnEnd {
  private readonly schedule: (run: () => void) => void;
  private waiting: Deferred[] = [];

  /** `schedule` runs a function at the end of the turn, such as `setImmediate`. */
  constructor(schedule: (run: () => void) => void) {
    this.schedule = schedule;
  }

  add(deferred: Deferred): void {
    this.waiting.push(deferred);
    if (this.waiting.length === 1) this.schedule(this.run);
  }

  private readonly run = (): void => {
    const due = this.waiting;
    this.waiting = [];
    let at = 0;
    try {
      while (at < due.length) due[at++]?.flush();
    } finally {
      // One that fails takes none of the others with it.
      for (const rest of due.slice(at)) this.add(rest);
    }
  };
}
