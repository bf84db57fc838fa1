import { crc32 } from "node:zlib";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { RecordJson } from "./record-json.ts";

const checksumDigits = 8;
const initialBytes = 65_536;
const space = 0x20;
const lineFeed = 0x0a;
const hexDigits = Buffer.from("0123456789abcdef");

/**
 * Lines of records, one behind the other in one piece of memory: the CRC-32 of the JSON in eight hex digits, a space,
 * the JSON, a line feed.
 */
export class LineBuffer {
  private readonly json = new RecordJson();
  private memory = Buffer.allocUnsafe(initialBytes);
  private used = 0;

  /** Bytes of all lines since the last `clear`. */
  get length(): number {
    return this.used;
  }

  /** The lines; valid until the next `add`. */
  get bytes(): Buffer {
    return this.memory.subarray(0, this.used);
  }

  /** Adds a record's line at the end. */
  add(record: RequestLogRecord): void {
    const json = this.json.stringify(record);
    const start = this.used + checksumDigits + 1;
    // UTF-8 takes at most three bytes for a UTF-16 code unit.
    this.reserve(start + json.length * 3 + 1);
    const end = start + this.memory.write(json, start, "utf8");
    this.writeChecksum(crc32(this.memory.subarray(start, end)));
    this.memory[start - 1] = space;
    this.memory[end] = lineFeed;
    this.used = end + 1;
  }

  clear(): void {
    this.used = 0;
    // One large record must not hold its memory for ever.
    if (this.memory.length > 16 * initialBytes) this.memory = Buffer.allocUnsafe(initialBytes);
  }

  private writeChecksum(checksum: number): void {
    let rest = checksum;
    for (let at = this.used + checksumDigits - 1; at >= this.used; at--) {
      this.memory[at] = hexDigits[rest & 0xf] as number;
      rest >>>= 4;
    }
  }

  private reserve(length: number): void {
    if (length <= this.memory.length) return;
    const larger = Buffer.allocUnsafe(Math.max(length, this.memory.length * 2));
    this.memory.copy(larger, 0, 0, this.used);
    this.memory = larger;
  }
}

/** The records of a segment, and the lines that are not whole: a torn last one, or a damaged one in the middle. */
export function decodeSegment(bytes: Buffer): { records: RequestLogRecord[]; damaged: string[] } {
  const records: RequestLogRecord[] = [];
  const damaged: string[] = [];
  for (const line of bytes.toString("utf8").split("\n")) {
    if (line === "") continue;
    const json = line.slice(checksumDigits + 1);
    // The checksum of nothing is eight zeros, so a line torn behind them would pass.
    if (
      json !== "" &&
      line.slice(0, checksumDigits) === crc32(json).toString(16).padStart(checksumDigits, "0")
    ) {
      records.push(JSON.parse(json) as RequestLogRecord);
    } else {
      damaged.push(line);
    }
  }
  return { records, damaged };
}
