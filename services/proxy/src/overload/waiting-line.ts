import { lockCell, unlockCell } from "../shared-lock.ts";

const lock = 0;
const waitingCell = 1;
const turnCell = 2;
const headerCells = 3;

const fields = { state: 0, row: 1, thread: 2, turn: 3 } as const;
const fieldCount = Object.keys(fields).length;
const free = 0;
const waiting = 1;
const granted = 2;
const displaced = 3;

/** Entries for each request that may wait: those whose wait has ended are free again when their thread has looked. */
const entriesEach = 2;

/** Memory for a line of so many waiting requests. */
export function createLineBuffer(length: number): SharedArrayBuffer {
  const cells = headerCells + length * entriesEach * fieldCount;
  return new SharedArrayBuffer(cells * Int32Array.BYTES_PER_ELEMENT);
}

/** How a wait stands: `granted` and `displaced` end it. */
export type WaitState = "waiting" | "granted" | "displaced";

/** Takes the place of a waiting request, or says that there is none for its row now. */
export type TakePlace = (row: number, thread: number) => "taken" | "full";

/**
 * The requests that wait for a place, in one line for all threads. The next place goes to the row that has the fewest,
 * and within a row to the one that has waited longest. When the line is full, the row with most in it makes room.
 */
export class WaitingLine {
  private readonly cells: Int32Array;
  private readonly entries: number;
  private readonly placesOf: (row: number) => number;

  constructor(buffer: SharedArrayBuffer, placesOf: (row: number) => number) {
    this.cells = new Int32Array(buffer);
    this.entries = (this.cells.length - headerCells) / fieldCount;
    this.placesOf = placesOf;
  }

  /** Requests that wait. It is read without the lock. */
  get depth(): number {
    return Atomics.load(this.cells, waitingCell);
  }

  /** Joins the line; null when it is full. `touched` are the threads with news. */
  join(row: number, thread: number, touched: Set<number>): number | null {
    return this.exclusively(() => {
      if (this.depth >= this.entries / entriesEach) this.makeRoomFor(row, touched);
      const entry = this.depth < this.entries / entriesEach ? this.findFree() : null;
      if (entry === null) return null;
      this.set(entry, fields.row, row);
      this.set(entry, fields.thread, thread);
      this.set(entry, fields.turn, Atomics.add(this.cells, turnCell, 1));
      this.set(entry, fields.state, waiting);
      Atomics.add(this.cells, waitingCell, 1);
      return entry;
    });
  }

  /** Hands places out for as long as there are any. `touched` are the threads whose requests have got one. */
  serve(take: TakePlace, touched: Set<number>): void {
    this.exclusively(() => {
      const passedOver = new Set<number>();
      for (let entry = this.next(passedOver); entry !== null; entry = this.next(passedOver)) {
        const [row, thread] = [this.get(entry, fields.row), this.get(entry, fields.thread)];
        if (take(row, thread) === "full") {
          passedOver.add(row);
          continue;
        }
        this.set(entry, fields.state, granted);
        Atomics.sub(this.cells, waitingCell, 1);
        touched.add(thread);
      }
    });
  }

  /** How the caller's own entry stands; one whose wait has ended is given back by this. */
  look(entry: number): WaitState {
    const state = this.get(entry, fields.state);
    if (state === waiting) return "waiting";
    this.set(entry, fields.state, free);
    return state === granted ? "granted" : "displaced";
  }

  /** Ends the caller's wait. A place that was granted meanwhile is the caller's all the same. */
  leave(entry: number): Exclude<WaitState, "waiting"> | "left" {
    return this.exclusively(() => {
      const state = this.look(entry);
      if (state !== "waiting") return state;
      this.set(entry, fields.state, free);
      Atomics.sub(this.cells, waitingCell, 1);
      return "left";
    });
  }

  /** Takes everything out of the line that a thread which is gone has put there. */
  forget(thread: number): void {
    this.exclusively(() => {
      for (let entry = 0; entry < this.entries; entry++) {
        if (this.get(entry, fields.thread) !== thread) continue;
        if (this.get(entry, fields.state) === waiting) Atomics.sub(this.cells, waitingCell, 1);
        this.set(entry, fields.state, free);
      }
    });
  }

  private findFree(): number | null {
    for (let entry = 0; entry < this.entries; entry++) {
      if (this.get(entry, fields.state) === free) return entry;
    }
    return null;
  }

  /** The newest of the row with most in the line goes, unless that row would then have fewer than `row`. */
  private makeRoomFor(row: number, touched: Set<number>): void {
    const counts = new Map<number, number>();
    for (const entry of this.waitingEntries()) {
      const other = this.get(entry, fields.row);
      counts.set(other, (counts.get(other) ?? 0) + 1);
    }
    let [longest, most] = [row, (counts.get(row) ?? 0) + 1];
    for (const [other, count] of counts) if (count > most) [longest, most] = [other, count];
    if (longest !== row) this.displaceNewest(longest, touched);
  }

  private displaceNewest(row: number, touched: Set<number>): void {
    let newest: number | null = null;
    for (const entry of this.waitingEntries()) {
      if (this.get(entry, fields.row) !== row) continue;
      if (newest === null || this.isEarlier(newest, entry)) newest = entry;
    }
    if (newest === null) return;
    this.set(newest, fields.state, displaced);
    Atomics.sub(this.cells, waitingCell, 1);
    touched.add(this.get(newest, fields.thread));
  }

  private next(passedOver: ReadonlySet<number>): number | null {
    if (this.depth === 0) return null;
    let best: number | null = null;
    let fewest = 0;
    for (const entry of this.waitingEntries()) {
      const row = this.get(entry, fields.row);
      if (passedOver.has(row)) continue;
      const places = this.placesOf(row);
      if (best !== null && (places > fewest || (places === fewest && this.isEarlier(best, entry)))) continue;
      [best, fewest] = [entry, places];
    }
    return best;
  }

  private *waitingEntries(): Generator<number> {
    for (let entry = 0; entry < this.entries; entry++) {
      if (this.get(entry, fields.state) === waiting) yield entry;
    }
  }

  /** Turns may wrap around. */
  private isEarlier(left: number, right: number): boolean {
    return ((this.get(left, fields.turn) - this.get(right, fields.turn)) | 0) < 0;
  }

  private get(entry: number, field: number): number {
    return Atomics.load(this.cells, headerCells + entry * fieldCount + field);
  }

  private set(entry: number, field: number, value: number): void {
    Atomics.store(this.cells, headerCells + entry * fieldCount + field, value);
  }

  private exclusively<TResult>(work: () => TResult): TResult {
    lockCell(this.cells, lock);
    try {
      return work();
    } finally {
      unlockCell(this.cells, lock);
    }
  }
}
