import { type LimitState, limitCellCount } from "@perpetuo/gateway/limits";

/** Subjects that can have limits in one process. Untouched slots cost address space only. */
const defaultSlots = 131_072;
/** Slots looked at before the table counts as full. */
const longestProbe = 256;

const unlocked = 0;
const locked = 1;
const spinsBeforeSleep = 200;
const sleepMs = 1;
/** A critical section takes microseconds; a lock held this long belongs to a thread that is gone. */
const abandonedMs = 250;

export type LimitTableBuffers = {
  ids: SharedArrayBuffer;
  locks: SharedArrayBuffer;
  cells: SharedArrayBuffer;
};

/**
 * The state of every limited subject of the process, in memory that all threads share. A slot is claimed once, by
 * compare-and-swap on the subject's id, and stays; each has a lock, because several limits move together.
 */
export class LimitTable {
  readonly buffers: LimitTableBuffers;
  private readonly ids: BigInt64Array;
  private readonly locks: Int32Array;
  private readonly cells: Float64Array;
  private readonly slots: number;
  /** Slots that this thread has found before. */
  private readonly known = new Map<string, number>();

  constructor(buffers: LimitTableBuffers = createBuffers(defaultSlots)) {
    this.buffers = buffers;
    this.ids = new BigInt64Array(buffers.ids);
    this.locks = new Int32Array(buffers.locks);
    this.cells = new Float64Array(buffers.cells);
    this.slots = this.ids.length;
  }

  /** The subject's slot; -1 when the table is full. `id` is a UUID. */
  slotOf(id: string): number {
    const known = this.known.get(id);
    if (known !== undefined) return known;
    const name = nameOf(id);
    const first = Number(BigInt.asUintN(32, name)) % this.slots;
    for (let step = 0; step < longestProbe; step++) {
      const slot = (first + step) % this.slots;
      const found = Atomics.compareExchange(this.ids, slot, 0n, name);
      if (found !== 0n && found !== name) continue;
      this.known.set(id, slot);
      return slot;
    }
    return -1;
  }

  /** Runs `work` while no other thread works on any of the slots. It must not wait for anything. */
  withLocks<TResult>(slots: readonly number[], work: () => TResult): TResult {
    // One order for all threads, so that two of them never wait for each other.
    const ordered = [...slots].sort((left, right) => left - right);
    for (const slot of ordered) this.lock(slot);
    try {
      return work();
    } finally {
      for (const slot of ordered) this.unlock(slot);
    }
  }

  stateOf(slot: number): LimitState {
    return { cells: this.cells, base: slot * limitCellCount };
  }

  private lock(slot: number): void {
    const startedAt = performance.now();
    for (let spins = 0; Atomics.compareExchange(this.locks, slot, unlocked, locked) !== unlocked; spins++) {
      if (spins < spinsBeforeSleep) continue;
      // On few cores the holder may be waiting for this very core.
      Atomics.wait(this.locks, slot, locked, sleepMs);
      if (performance.now() - startedAt > abandonedMs) return;
    }
  }

  private unlock(slot: number): void {
    Atomics.store(this.locks, slot, unlocked);
    Atomics.notify(this.locks, slot, 1);
  }
}

function createBuffers(slots: number): LimitTableBuffers {
  return {
    ids: new SharedArrayBuffer(slots * BigInt64Array.BYTES_PER_ELEMENT),
    locks: new SharedArrayBuffer(slots * Int32Array.BYTES_PER_ELEMENT),
    cells: new SharedArrayBuffer(slots * limitCellCount * Float64Array.BYTES_PER_ELEMENT),
  };
}

/**
 * The last 64 bits of a UUIDv7: 62 of them are random, so that two subjects of one process share a name about once in
 * a hundred million processes with 131,072 subjects each. Zero means an empty slot and is no name.
 */
function nameOf(id: string): bigint {
  const name = BigInt.asIntN(64, BigInt(`0x${id.replaceAll("-", "").slice(16)}`));
  return name === 0n ? 1n : name;
}
