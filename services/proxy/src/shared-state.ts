import type { DrainReason } from "./messages.ts";

/** Flags that all threads of the process read without a message: one 32-bit cell each. */
const cells = {
  draining: 0,
  spoolFull: 1,
  schemaCurrent: 2,
  spoolReplayed: 3,
  limitsElsewhere: 4,
  blockedThreads: 5,
  memoryCritical: 6,
} as const;

const draining = { no: 0, replaced: 1, stopping: 2 } as const;

/** What the supervisor and the process decide for all threads at once, in shared memory. */
export class SharedState {
  readonly buffer: SharedArrayBuffer;
  private readonly view: Int32Array;

  constructor(buffer = new SharedArrayBuffer(Object.keys(cells).length * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.view = new Int32Array(buffer);
  }

  /** Every answer closes its connection, so that the next request goes to another process. */
  get isDraining(): boolean {
    return Atomics.load(this.view, cells.draining) !== draining.no;
  }

  /** The whole instance ends; a process that is merely replaced leaves it ready. */
  get isStopping(): boolean {
    return Atomics.load(this.view, cells.draining) === draining.stopping;
  }

  stopDraining(): void {
    Atomics.store(this.view, cells.draining, draining.no);
  }

  startDraining(reason: DrainReason): void {
    Atomics.store(this.view, cells.draining, draining[reason]);
  }

  get isSpoolFull(): boolean {
    return Atomics.load(this.view, cells.spoolFull) === 1;
  }

  setSpoolFull(full: boolean): void {
    Atomics.store(this.view, cells.spoolFull, full ? 1 : 0);
  }

  /** Threads that do not come round to their event loop: connections to them wait. */
  get blockedThreads(): number {
    return Atomics.load(this.view, cells.blockedThreads);
  }

  setBlockedThreads(count: number): void {
    Atomics.store(this.view, cells.blockedThreads, count);
  }

  get isMemoryCritical(): boolean {
    return Atomics.load(this.view, cells.memoryCritical) === 1;
  }

  setMemoryCritical(critical: boolean): void {
    Atomics.store(this.view, cells.memoryCritical, critical ? 1 : 0);
  }

  /** What an earlier run left in the spool is in the database: its sums can be built upon. */
  get isSpoolReplayed(): boolean {
    return Atomics.load(this.view, cells.spoolReplayed) === 1;
  }

  confirmReplay(): void {
    Atomics.store(this.view, cells.spoolReplayed, 1);
  }

  /** Another generation has died with what it had counted: the database has to tell what was spent. */
  awaitReplay(): void {
    Atomics.store(this.view, cells.spoolReplayed, 0);
  }

  /** Another generation counts the limits. */
  get areLimitsElsewhere(): boolean {
    return Atomics.load(this.view, cells.limitsElsewhere) === 1;
  }

  moveLimits(where: "here" | "elsewhere"): void {
    Atomics.store(this.view, cells.limitsElsewhere, where === "elsewhere" ? 1 : 0);
  }

  /** The database has been seen with this version's schema; until then the process is not ready. */
  get isSchemaCurrent(): boolean {
    return Atomics.load(this.view, cells.schemaCurrent) === 1;
  }

  confirmSchema(): void {
    Atomics.store(this.view, cells.schemaCurrent, 1);
  }
}
