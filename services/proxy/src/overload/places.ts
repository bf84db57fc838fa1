import { createSlotBuffers, nameOfUuid, SlotTable, type SlotTableBuffers } from "../slot-table.ts";

/** Workspaces that one process tells apart. A slot is never given away: others may hold places in it. */
const defaultWorkspaces = 65_536;

/** The row that counts the whole process, and the one of all workspaces for which there is no slot. */
export const processRow = 0;
const crowdRow = 1;
const firstWorkspaceRow = 2;

/** Cells of a row before those of the threads. */
const total = 0;
const refusedAt = 1;
const firstThread = 2;

export type PlaceBuffers = {
  workspaces: SlotTableBuffers;
  rows: SharedArrayBuffer;
  /** What is known of all workspaces together. */
  tenancy: SharedArrayBuffer;
};

/** Workspaces with at least one place; the row that came last; and when another came than the one before. */
const tenancy = { active: 0, lastRow: 1, mixedAt: 2 } as const;

/** Memory for the counts of a process with so many threads. Untouched rows cost address space only. */
export function createPlaceBuffers(threads: number, workspaces = defaultWorkspaces): PlaceBuffers {
  const cells = (firstWorkspaceRow + workspaces) * (firstThread + threads);
  return {
    workspaces: createSlotBuffers(workspaces, 0),
    rows: new SharedArrayBuffer(cells * Int32Array.BYTES_PER_ELEMENT),
    tenancy: new SharedArrayBuffer(Object.keys(tenancy).length * Int32Array.BYTES_PER_ELEMENT),
  };
}

/**
 * How many requests are in flight, of the process and of each workspace, exact over all threads. Each row also says how
 * many of its places each thread holds, so that those of a thread that is gone can be taken back.
 */
export class Places {
  private readonly table: SlotTable;
  private readonly rows: Int32Array;
  private readonly tenancy: Int32Array;
  private readonly width: number;
  private readonly known = new Map<string, number>();

  constructor(buffers: PlaceBuffers, threads: number) {
    this.table = new SlotTable(buffers.workspaces, { cellCount: 0, nameOf: nameOfUuid });
    this.rows = new Int32Array(buffers.rows);
    this.tenancy = new Int32Array(buffers.tenancy);
    this.width = firstThread + threads;
  }

  rowOf(workspaceId: string): number {
    const known = this.known.get(workspaceId);
    if (known !== undefined) return known;
    const slot = this.table.slotOf(workspaceId);
    if (slot === -1) return crowdRow;
    const row = firstWorkspaceRow + slot;
    this.known.set(workspaceId, row);
    return row;
  }

  /** Takes one place for the thread unless `most` are taken already. */
  claim(row: number, most: number, thread: number): "taken" | "full" {
    const at = row * this.width;
    for (;;) {
      const taken = Atomics.load(this.rows, at + total);
      if (taken >= most) return "full";
      if (Atomics.compareExchange(this.rows, at + total, taken, taken + 1) !== taken) continue;
      Atomics.add(this.rows, at + firstThread + thread, 1);
      if (taken === 0 && row !== processRow) Atomics.add(this.tenancy, tenancy.active, 1);
      return "taken";
    }
  }

  release(row: number, thread: number): void {
    const at = row * this.width;
    Atomics.sub(this.rows, at + firstThread + thread, 1);
    const taken = Atomics.sub(this.rows, at + total, 1);
    if (taken === 1 && row !== processRow) Atomics.sub(this.tenancy, tenancy.active, 1);
  }

  taken(row: number): number {
    return Atomics.load(this.rows, row * this.width + total);
  }

  heldBy(row: number, thread: number): number {
    return Atomics.load(this.rows, row * this.width + firstThread + thread);
  }

  get activeWorkspaces(): number {
    return Atomics.load(this.tenancy, tenancy.active);
  }

  /** Remembers who came; `tick` is asked for only when it is somebody else than before. */
  noteVisit(row: number, tick: () => number): void {
    if (Atomics.load(this.tenancy, tenancy.lastRow) === row) return;
    if (Atomics.exchange(this.tenancy, tenancy.lastRow, row) === 0) return;
    Atomics.store(this.tenancy, tenancy.mixedAt, tick() | 0);
  }

  /** Milliseconds since two workspaces came one after the other. */
  sinceMixed(tick: number): number {
    return Math.abs((tick - Atomics.load(this.tenancy, tenancy.mixedAt)) | 0);
  }

  /** Remembers that the row was refused; `tick` is milliseconds, which may wrap around. */
  noteRefusal(row: number, tick: number): void {
    Atomics.store(this.rows, row * this.width + refusedAt, tick | 0);
  }

  /** Milliseconds since the row's last refusal. */
  sinceRefusal(row: number, tick: number): number {
    return Math.abs((tick - Atomics.load(this.rows, row * this.width + refusedAt)) | 0);
  }

  /** Frees what a thread that is gone has held. */
  forget(thread: number): void {
    for (let row = 0; row * this.width < this.rows.length; row++) {
      while (this.heldBy(row, thread) > 0) this.release(row, thread);
    }
  }
}
