import { closeSync, mkdirSync, openSync, renameSync, unlinkSync, writeSync } from "node:fs";
import path from "node:path";
import { crc32 } from "node:zlib";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";

/** A segment that its thread still appends to, and one that is a finished batch. */
export const openSuffix = ".open";
export const sealedSuffix = ".sealed";

/** A segment is sealed at this size, so that a batch stays a transaction of bearable length. */
const maxSegmentBytes = 4 * 1_048_576;

export type SpoolOptions = {
  directory: string;
  /** Names this thread's segments; the supervisor adopts them by it when the thread is gone. */
  owner: string;
  newBatchId: () => string;
};

/**
 * A thread's append-only log of finished requests. `append` returns once the record is in the kernel's page cache, where
 * the death of the process does not reach it. The name of a sealed segment is the batch id, which makes its flush
 * idempotent.
 */
export class Spool {
  private readonly options: SpoolOptions;
  private batchId: string | null = null;
  private descriptor = -1;
  private bytes = 0;

  constructor(options: SpoolOptions) {
    this.options = options;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  }

  /** Throws when the disk takes the record no more; the segment then ends before it. */
  append(record: RequestLogRecord): void {
    if (this.batchId === null) this.open();
    const line = encodeLine(record);
    const written = writeSync(this.descriptor, line);
    if (written < line.length) {
      this.seal();
      throw new Error(`the spool took ${written} of ${line.length} bytes; the disk is full`);
    }
    this.bytes += written;
    if (this.bytes >= maxSegmentBytes) this.seal();
  }

  /** Hands the records so far over to the supervisor. An empty segment leaves nothing behind. */
  seal(): void {
    const { batchId, descriptor, bytes } = this;
    if (batchId === null) return;
    // Forgotten first: whatever fails below, nothing is ever written to a descriptor that may be another file's by then.
    this.batchId = null;
    this.descriptor = -1;
    this.bytes = 0;
    closeSync(descriptor);
    const open = this.openPath(batchId);
    if (bytes === 0) unlinkSync(open);
    else renameSync(open, path.join(this.options.directory, batchId + sealedSuffix));
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

const checksumBytes = 8;
/** Records are encoded here and written at once; one thread encodes one at a time. */
let scratch = Buffer.allocUnsafe(65_536);

/**
 * One record as one line: the CRC-32 of the JSON in eight hex digits, a space, the JSON. The bytes are valid until
 * the next call.
 */
export function encodeLine(record: RequestLogRecord): Buffer {
  const json = JSON.stringify(record);
  const start = checksumBytes + 1;
  // UTF-8 takes at most three bytes for a UTF-16 code unit.
  const most = start + json.length * 3 + 1;
  if (scratch.length < most) scratch = Buffer.allocUnsafe(most);
  const end = start + scratch.write(json, start, "utf8");
  const checksum = crc32(scratch.subarray(start, end));
  scratch.write(`${checksum.toString(16).padStart(checksumBytes, "0")} `, 0, "latin1");
  scratch[end] = 0x0a;
  return scratch.subarray(0, end + 1);
}

/** The records of a segment, and the lines that are not whole: a torn last one, or a damaged one in the middle. */
export function decodeSegment(bytes: Buffer): { records: RequestLogRecord[]; damaged: string[] } {
  const records: RequestLogRecord[] = [];
  const damaged: string[] = [];
  for (const line of bytes.toString("utf8").split("\n")) {
    if (line === "") continue;
    const json = line.slice(checksumBytes + 1);
    // The checksum of nothing is eight zeros, so a line torn behind them would pass.
    if (
      json !== "" &&
      line.slice(0, checksumBytes) === crc32(json).toString(16).padStart(checksumBytes, "0")
    ) {
      records.push(JSON.parse(json) as RequestLogRecord);
    } else {
      damaged.push(line);
    }
  }
  return { records, damaged };
}
