import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import type { Appended } from "./ending.ts";
import { LineBuffer } from "./spool-line.ts";

/** A segment that its thread still appends to, and one that is a finished batch. */
export const openSuffix = ".open";
export const sealedSuffix = ".sealed";

/** A segment is sealed at this size, so that a batch stays a transaction of bearable length. */
const maxSegmentBytes = 4 * 1_048_576;
/** Lines that weigh this much are written before their turn of the event loop is over. */
const maxWaitingBytes = 262_144;

/** Room for the records of some requests; a disk that takes it takes records again. */
const probeBytes = Buffer.alloc(65_536);

export type SpoolOptions = {
  directory: string;
  /** Names this thread's segments; the supervisor adopts them by it when the thread is gone. */
  owner: string;
  newBatchId: () => string;
  /** Runs `write` at the end of this turn of the event loop. */
  atEndOfTurn: (write: () => void) => void;
};

/** A record that waits for its write: where its line ends, and who waits for it. */
type Waiting = { end: number; done: (appended: Appended) => void };

const written: Appended = Object.freeze({ kind: "written" });

/**
 * A thread's append-only log of finished requests. Records of requests that end in the same turn of the event loop are
 * written by one system call at its end, and whoever appended them is told after it: under load a call for each would
 * cost more than the rest of a record. The name of a sealed segment is the batch id, which makes its flush idempotent.
 */
export class Spool {
  private readonly options: SpoolOptions;
  private readonly lines = new LineBuffer();
  private waiting: Waiting[] = [];
  private batchId: string | null = null;
  private descriptor = -1;
  private bytes = 0;
  /** Segments that are over and could not be renamed yet, oldest first. */
  private unsealed: { open: string; sealed: string }[] = [];
  /** The disk has refused a record, and has taken nothing since: who comes now is better refused before he costs. */
  isBlocked = false;
  /** Records since the start that the disk has not taken. */
  lostRecords = 0;

  constructor(options: SpoolOptions) {
    this.options = options;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  }

  /**
   * Calls `done` once the record is written or the disk has not taken it; never before it returns, unless what waits has
   * grown large. `done` must not throw: others wait behind it.
   */
  append(record: RequestLogRecord, done: Waiting["done"]): void {
    this.lines.add(record);
    const count = this.waiting.push({ end: this.lines.length, done });
    if (this.lines.length >= maxWaitingBytes) this.write();
    else if (count === 1) this.options.atEndOfTurn(() => this.write());
  }

  /**
   * Hands the records so far over to the supervisor. An empty segment leaves nothing behind. While the spool is blocked it
   * asks the disk again.
   */
  seal(): void {
    this.write();
    if (this.isBlocked) this.probe();
    this.closeSegment();
    this.renameUnsealed();
  }

  /** Writes what waits. A line that the disk takes in part counts as failed, and ends its segment. */
  private write(): void {
    const { waiting } = this;
    if (waiting.length === 0) return;
    // Forgotten first: those who are told may append the next records.
    this.waiting = [];
    const { length, cause } = this.writeLines();
    this.lines.clear();
    if (cause !== null) {
      this.isBlocked = true;
      for (const { end } of waiting) if (end > length) this.lostRecords++;
    }
    for (const { end, done } of waiting) done(end <= length ? written : { kind: "failed", cause });
    if (cause !== null || this.bytes >= maxSegmentBytes) this.closeSegment();
  }

  /** How many bytes are in the segment now, and why it is not all of them. */
  private writeLines(): { length: number; cause: unknown } {
    const { bytes } = this.lines;
    try {
      if (this.batchId === null) this.open();
      const length = writeSync(this.descriptor, bytes);
      this.bytes += length;
      const isWhole = length === bytes.length;
      const torn = `the spool took ${length} of ${bytes.length} bytes; the disk is full`;
      return { length, cause: isWhole ? null : new Error(torn) };
    } catch (cause) {
      return { length: 0, cause };
    }
  }

  private closeSegment(): void {
    const { batchId, descriptor, bytes } = this;
    if (batchId === null) return;
    // Forgotten first: whatever fails below, nothing is ever written to a descriptor that may be another file's by then.
    this.batchId = null;
    this.descriptor = -1;
    this.bytes = 0;
    closeSync(descriptor);
    const open = this.openPath(batchId);
    if (bytes > 0) {
      this.unsealed.push({ open, sealed: path.join(this.options.directory, batchId + sealedSuffix) });
      this.renameUnsealed();
    } else if (!this.isBlocked) {
      unlinkSync(open);
    } else {
      // A disk that takes nothing may not give anything back either; the next start finds an empty segment.
      attempt(() => unlinkSync(open));
    }
  }

  /** A disk that has become read-only keeps what was written; the names are put right when it allows it. */
  private renameUnsealed(): void {
    for (let segment = this.unsealed.shift(); segment !== undefined; segment = this.unsealed.shift()) {
      try {
        renameSync(segment.open, segment.sealed);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") throw error;
        this.unsealed.unshift(segment);
        this.isBlocked = true;
        return;
      }
    }
  }

  private probe(): void {
    const file = path.join(this.options.directory, `${this.options.owner}.probe`);
    const outcome = attempt(() => writeFileSync(file, probeBytes));
    attempt(() => rmSync(file, { force: true }));
    if (outcome === "done") this.isBlocked = false;
  }

  private open(): void {
    const batchId = this.options.newBatchId();
    this.descriptor = openSync(this.openPath(batchId), "ax", 0o600);
    this.batchId = batchId;
  }

  private openPath(batchId: string): string {
    return path.join(this.options.directory, `${this.options.owner}~${batchId}${openSuffix}`);
  }
}

function attempt(work: () => void): "done" | "failed" {
  try {
    work();
    return "done";
  } catch {
    return "failed";
  }
}
