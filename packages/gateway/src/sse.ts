import { parseJsonObject } from "./json-object.ts";

const LF = 0x0a;
const CR = 0x0d;

/**
 * Finds where Server-Sent Events end in a stream that arrives in arbitrary pieces (WHATWG HTML, 9.2.6: lines end in
 * LF, CR or CRLF; an empty line ends an event). It looks at bytes and keeps one number and two flags, so that a
 * pass-through stream is never copied for it.
 */
export class SseBoundaries {
  /** Bytes of the current line so far. */
  private lineLength = 0;
  private afterCarriageReturn = false;
  /** The last event ended in the CR that ended its chunk: an LF that opens the next chunk is still its own. */
  private owesLineFeed = false;

  /** The next byte begins a line, and nothing before it can still turn out to be half a line end. */
  get isBetweenEvents(): boolean {
    return this.lineLength === 0 && !this.afterCarriageReturn && !this.owesLineFeed;
  }

  /**
   * Offset behind the next event's last byte at or after `from`, or -1 when the event goes on beyond the chunk. A line
   * feed that belongs to the event before is returned as a piece of its own. A chunk's bytes must be offered once each,
   * in order.
   */
  next(chunk: Buffer, from: number): number {
    if (this.owesLineFeed) {
      this.owesLineFeed = false;
      if (chunk[from] === LF) {
        this.afterCarriageReturn = false;
        return from + 1;
      }
    }
    const length = chunk.length;
    let lineLength = this.lineLength;
    let afterCarriageReturn = this.afterCarriageReturn;
    for (let at = from; at < length; at++) {
      const byte = chunk[at];
      if (byte !== LF && byte !== CR) {
        lineLength++;
        afterCarriageReturn = false;
        continue;
      }
      // The LF of a CRLF ends no line of its own.
      if (byte === LF && afterCarriageReturn) {
        afterCarriageReturn = false;
        continue;
      }
      afterCarriageReturn = byte === CR;
      if (lineLength === 0) {
        this.lineLength = 0;
        this.afterCarriageReturn = afterCarriageReturn;
        // The LF that completes this CRLF belongs to this event when it is already here.
        if (afterCarriageReturn && chunk[at + 1] === LF) {
          this.afterCarriageReturn = false;
          return at + 2;
        }
        this.owesLineFeed = afterCarriageReturn && at + 1 === length;
        return at + 1;
      }
      lineLength = 0;
    }
    this.lineLength = lineLength;
    this.afterCarriageReturn = afterCarriageReturn;
    return -1;
  }
}

/** The `event` name and the joined `data` lines of one event's text; null data when it has none. */
export function readSseEvent(text: string): { event: string | null; data: string | null } {
  let event: string | null = null;
  let data: string | null = null;
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    if (field !== "data" && field !== "event") continue;
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") event = value;
    else data = data === null ? value : `${data}\n${value}`;
  }
  return { event, data };
}

/** The JSON object that one event carries; null when it carries anything else. */
export function readSseObject(event: Buffer): Readonly<Record<string, unknown>> | null {
  const { data } = readSseEvent(event.toString("utf8"));
  return data === null ? null : parseJsonObject(data);
}
