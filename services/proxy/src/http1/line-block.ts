import { invalidResponse } from "./http1-error.ts";

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const blankLine = Buffer.from("\r\n\r\n");

/** Where bytes lie in a buffer that is larger: from `start` up to `end`. */
export type Span = { start: number; end: number };

/**
 * Collects header lines up to the blank line behind them, wherever the bytes are cut. Lines that arrive in one piece, the
 * usual case, are not copied. What can no longer become header lines is refused at once, not when its end has come:
 * it may never come.
 */
export class LineBlock {
  /** The lines that are complete, each with its CRLF, as Latin-1; valid once `push` has found their end. */
  text = "";
  private readonly maxBytes: number;
  private kept: Buffer | null = null;
  private length = 0;
  private previous = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Whether a byte has been taken in since the last block's end. */
  get isBegun(): boolean {
    return this.length > 0;
  }

  /** Takes bytes in and returns the offset behind the blank line, or -1 where it is not among them. Throws `Http1Error`. */
  push(bytes: Buffer, span: Span): number {
    if (this.length > 0) return this.continue(bytes, span);
    const found = bytes.indexOf(blankLine, span.start);
    // The buffer may hold older bytes behind the given ones.
    if (found === -1 || found + blankLine.length > span.end) return this.continue(bytes, span);
    if (found + blankLine.length - span.start > this.maxBytes) throw this.tooLong();
    this.text = bytes.toString("latin1", span.start, found + 2);
    return found + blankLine.length;
  }

  private continue(bytes: Buffer, { start, end }: Span): number {
    const before = this.length;
    const taken = Math.min(end, start + this.maxBytes - before);
    this.kept ??= Buffer.allocUnsafe(this.maxBytes);
    bytes.copy(this.kept, before, start, taken);
    this.length = before + taken - start;
    const kept = this.kept.subarray(0, this.length);
    const found = kept.indexOf(blankLine, Math.max(0, before - blankLine.length + 1));
    if (found !== -1) {
      this.text = kept.toString("latin1", 0, found + 2);
      this.reset();
      return start + found + blankLine.length - before;
    }
    this.checkForm(kept, before);
    if (this.length === this.maxBytes) throw this.tooLong();
    return -1;
  }

  reset(): void {
    this.kept = null;
    this.length = 0;
    this.previous = 0;
  }

  private checkForm(kept: Buffer, from: number): void {
    for (let at = from; at < kept.length; at++) {
      const byte = kept[at] as number;
      if ((this.previous === carriageReturn) !== (byte === lineFeed)) {
        throw invalidResponse("a line does not end with CRLF");
      }
      if ((byte < 0x20 && byte !== carriageReturn && byte !== lineFeed && byte !== 0x09) || byte === 0x7f) {
        throw invalidResponse("a header holds a control character");
      }
      this.previous = byte;
    }
  }

  private tooLong(): Error {
    return invalidResponse(`there are more than ${this.maxBytes} bytes of headers`);
  }
}
