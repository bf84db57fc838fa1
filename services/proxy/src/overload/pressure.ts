/** Why threads take on less than they have places for. */
export type PressureReason = "event-loop" | "memory";

const reasons: readonly PressureReason[] = ["event-loop", "memory"];
/** Cells of a thread: how many requests it may hold, less one so that untouched memory means any number; and why. */
const cellsEach = 2;

export function createPressureBuffer(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(threads * cellsEach * Int32Array.BYTES_PER_ELEMENT);
}

/** How many requests each thread may hold while something is short. The process's main thread decides, threads obey. */
export class Pressure {
  private readonly cells: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.cells = new Int32Array(buffer);
  }

  /** Lets the thread take on requests only while it holds fewer than `most`. */
  limit(thread: number, most: number, reason: PressureReason): void {
    Atomics.store(this.cells, thread * cellsEach + 1, reasons.indexOf(reason));
    Atomics.store(this.cells, thread * cellsEach, most + 1);
  }

  lift(thread: number): void {
    Atomics.store(this.cells, thread * cellsEach, 0);
  }

  /** Why a thread that holds so many requests may take on no more; null when it may. */
  obstacle(thread: number, held: number): PressureReason | null {
    const limit = Atomics.load(this.cells, thread * cellsEach);
    if (limit === 0 || held < limit - 1) return null;
    return reasons[Atomics.load(this.cells, thread * cellsEach + 1)] ?? null;
  }
}
