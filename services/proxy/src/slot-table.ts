import { hash } from "node:crypto";
import { lockCell, unlockCell } from "./shared-lock.ts";

/** Slots looked at before the table counts as full. */
const longestProbe = 256;
/** Ids that a thread remembers at once, and their longest: callers choose some of them. */
const maxKnown = 65_536;
const longestKnown = 256;

export type SlotTableBuffers = {
  names: SharedArrayBuffer;
  locks: SharedArrayBuffer;
  flags: SharedArrayBuffer;
  cells: SharedArrayBuffer;
};

/** One slot's cells: `cells[base + …]`. */
export type SlotState = { cells: Float64Array; base: number };

export type SlotTableOptions = {
  cellCount: number;
  /** The name of an id in 64 bits, the same in every thread. Zero means an empty slot and is no name. */
  nameOf: (id: string) => bigint;
  /** Whether a slot may be given to another id. Absent: a slot that is taken stays. */
  mayReuse?: (state: SlotState) => boolean;
};

/** `first` is where the search for the name begins; `slot` is where it was last, -1 where it was not. */
type Known = { readonly name: bigint; readonly first: number; slot: number };

/**
 * State of many ids of the process, in memory that all threads share. A slot is claimed by compare-and-swap on the id's
 * name; each has a lock, because several cells move together, and a flag, which is read without it.
 */
export class SlotTable {
  readonly buffers: SlotTableBuffers;
  private readonly options: SlotTableOptions;
  private readonly names: BigInt64Array;
  private readonly locks: Int32Array;
  private readonly flags: Int32Array;
  private readonly cells: Float64Array;
  private readonly slots: number;
  /** Ids that this thread has seen before. */
  private readonly known = new Map<string, Known>();

  constructor(buffers: SlotTableBuffers, options: SlotTableOptions) {
    this.buffers = buffers;
    this.options = options;
    this.names = new BigInt64Array(buffers.names);
    this.locks = new Int32Array(buffers.locks);
    this.flags = new Int32Array(buffers.flags);
    this.cells = new Float64Array(buffers.cells);
    this.slots = this.names.length;
  }

  /** The id's slot, claimed where it has none; -1 when the table is full. */
  slotOf(id: string): number {
    const known = this.look(id);
    if (known.slot === -1) known.slot = this.claim(known);
    return known.slot;
  }

  /** The id's slot; -1 when it has none. */
  find(id: string): number {
    return this.look(id).slot;
  }

  /** The same by the name. */
  slotOfName(name: bigint): number {
    const known = this.knownName(name);
    const slot = this.search(known);
    return slot === -1 ? this.claim(known) : slot;
  }

  /** The name under which an id has its slot. */
  nameOf(id: string): bigint {
    return this.look(id).name;
  }

  /** Every slot that is taken. */
  entries(): { name: bigint; slot: number }[] {
    const taken: { name: bigint; slot: number }[] = [];
    for (let slot = 0; slot < this.slots; slot++) {
      const name = Atomics.load(this.names, slot);
      if (name !== 0n) taken.push({ name, slot });
    }
    return taken;
  }

  /** Whether the slot is still the id's; under the slot's lock the answer lasts. */
  holds(slot: number, id: string): boolean {
    return Atomics.load(this.names, slot) === this.look(id).name;
  }

  /** Runs `work` while no other thread works on the slot. It must not wait for anything. */
  withLock<TResult>(slot: number, work: () => TResult): TResult {
    lockCell(this.locks, slot);
    try {
      return work();
    } finally {
      unlockCell(this.locks, slot);
    }
  }

  /** The same for several slots at once. */
  withLocks<TResult>(slots: readonly number[], work: () => TResult): TResult {
    // One order for all threads, so that two of them never wait for each other.
    const ordered = [...slots].sort((left, right) => left - right);
    for (const slot of ordered) lockCell(this.locks, slot);
    try {
      return work();
    } finally {
      for (const slot of ordered) unlockCell(this.locks, slot);
    }
  }

  /** Works on the id's slot under its lock; null when the table is full. */
  withSlot<TResult>(id: string, work: (state: SlotState, slot: number) => TResult): TResult | null {
    for (let slot = this.slotOf(id); slot !== -1; slot = this.slotOf(id)) {
      const done = this.withLock(slot, () =>
        // The slot may have been given away before it was locked.
        this.holds(slot, id) ? { result: work(this.stateOf(slot), slot) } : null,
      );
      if (done !== null) return done.result;
    }
    return null;
  }

  stateOf(slot: number): SlotState {
    return { cells: this.cells, base: slot * this.options.cellCount };
  }

  /** A small number that can be read at any time; zero in a new slot. */
  flagOf(slot: number): number {
    return Atomics.load(this.flags, slot);
  }

  /** Sets the flag; whoever calls holds the slot's lock. */
  setFlag(slot: number, flag: number): void {
    Atomics.store(this.flags, slot, flag);
  }

  private look(id: string): Known {
    let known = this.known.get(id);
    if (known === undefined) {
      known = this.knownName(this.options.nameOf(id));
      if (this.known.size >= maxKnown) this.known.clear();
      if (id.length <= longestKnown) this.known.set(id, known);
    }
    // Another thread may have claimed a slot for this id, or given this one's away.
    if (known.slot === -1 || Atomics.load(this.names, known.slot) !== known.name) {
      known.slot = this.search(known);
    }
    return known;
  }

  private knownName(name: bigint): Known {
    return { name, first: Number(BigInt.asUintN(32, name)) % this.slots, slot: -1 };
  }

  private search({ name, first }: Known): number {
    for (let step = 0; step < longestProbe; step++) {
      const slot = (first + step) % this.slots;
      const found = Atomics.load(this.names, slot);
      if (found === name) return slot;
      if (found === 0n) return -1;
    }
    return -1;
  }

  private claim({ name, first }: Known): number {
    for (let step = 0; step < longestProbe; step++) {
      const slot = (first + step) % this.slots;
      const found = Atomics.compareExchange(this.names, slot, 0n, name);
      if (found === 0n || found === name) return slot;
    }
    const { mayReuse } = this.options;
    if (mayReuse === undefined) return -1;
    // Two threads look in the same order, so that both find the same slot for the same name.
    for (let step = 0; step < longestProbe; step++) {
      const slot = (first + step) % this.slots;
      if (this.reuse(slot, { name, mayReuse })) return slot;
    }
    return -1;
  }

  private reuse(
    slot: number,
    { name, mayReuse }: { name: bigint; mayReuse: (state: SlotState) => boolean },
  ): boolean {
    return this.withLock(slot, () => {
      const state = this.stateOf(slot);
      if (Atomics.load(this.names, slot) === name) return true;
      if (!mayReuse(state)) return false;
      state.cells.fill(0, state.base, state.base + this.options.cellCount);
      Atomics.store(this.flags, slot, 0);
      Atomics.store(this.names, slot, name);
      return true;
    });
  }
}

/** Memory for a table. Untouched slots cost address space only. */
export function createSlotBuffers(slots: number, cellCount: number): SlotTableBuffers {
  return {
    names: new SharedArrayBuffer(slots * BigInt64Array.BYTES_PER_ELEMENT),
    locks: new SharedArrayBuffer(slots * Int32Array.BYTES_PER_ELEMENT),
    flags: new SharedArrayBuffer(slots * Int32Array.BYTES_PER_ELEMENT),
    cells: new SharedArrayBuffer(slots * cellCount * Float64Array.BYTES_PER_ELEMENT),
  };
}

/**
 * The last 64 bits of a UUIDv7: 62 of them are random, so that two subjects of one process share a name about once in
 * a hundred million processes with 131,072 subjects each.
 */
export function nameOfUuid(id: string): bigint {
  const name = BigInt.asIntN(64, BigInt(`0x${id.replaceAll("-", "").slice(16)}`));
  return name === 0n ? 1n : name;
}

/** 64 bits of the text's SHA-256: a caller who chooses the text cannot make it meet another's. */
export function nameOfText(text: string): bigint {
  const name = hash("sha256", text, "buffer").readBigInt64LE();
  return name === 0n ? 1n : name;
}
