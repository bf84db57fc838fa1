import { invalidResponse } from "./http1-error.ts";
import { LineBlock, type Span } from "./line-block.ts";
import { checkTrailers } from "./response-head.ts";

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const semicolon = 0x3b;
const lineEnd = Buffer.from("\r\n");

/** Hex digits of a chunk's size: enough for 256 TiB, and far below where numbers lose their last digits. */
const maxSizeDigits = 12;
/** Characters of extensions behind one chunk's size. Nobody sends any; they are read past. */
const maxExtension = 1_024;
/** `;name`, `;name=token` or `;name="text"`, any number of them and without white space (RFC 9112, 7.1.1). */
const wholeExtension =
  /^(?:;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)+$/;
const maxTrailerBytes = 16_384;

/** What the next byte belongs to. */
type Place = "size" | "extension" | "size-end" | "data" | "data-end" | "data-end-2" | "trailers" | "over";

/** Where content lies in the bytes last given: the first `count` of `bounds` are a start and an end in turn. */
export type Spans = { count: number; readonly bounds: number[] };

/**
 * Takes chunked framing apart (RFC 9112, 7.1), wherever the bytes are cut. It copies nothing: it says where in the given
 * bytes the content lies.
 */
export class ChunkedDecoder {
  private place: Place = "size";
  /** Of the chunk whose size is being read, and then its bytes that are still to come. */
  private size = 0;
  private digits = 0;
  private extension = "";
  private readonly trailers = new LineBlock(maxTrailerBytes);

  /** Made ready for the next body. */
  reset(): void {
    this.place = "size";
    this.size = 0;
    this.digits = 0;
    this.trailers.reset();
  }

  get isOver(): boolean {
    return this.place === "over";
  }

  /**
   * Reads `bytes` from `start` up to `end`, adds the content's spans to `spans`, and returns where it stopped: at `end`,
   * or behind the body's last byte. Throws `Http1Error`.
   */
  decode(bytes: Buffer, { start, end }: Span, spans: Spans): number {
    let at = start;
    while (at < end && this.place !== "over") {
      if (this.place === "data") {
        const stop = Math.min(end, at + this.size);
        // Not `push`, and never shortened: an array whose length is set anew at each read costs more than the reading.
        spans.bounds[spans.count++] = at;
        spans.bounds[spans.count++] = stop;
        this.size -= stop - at;
        at = stop;
        if (this.size === 0) this.place = "data-end";
      } else if (this.place === "trailers") {
        at = this.readTrailers(bytes, { start: at, end });
      } else {
        this.readFraming(bytes[at] as number);
        at++;
      }
    }
    return at;
  }

  private readFraming(byte: number): void {
    switch (this.place) {
      case "size":
        this.readSize(byte);
        return;
      case "extension":
        this.readExtension(byte);
        return;
      case "size-end":
        expect(byte, lineFeed);
        this.place = this.size === 0 ? "trailers" : "data";
        return;
      case "data-end":
        expect(byte, carriageReturn);
        this.place = "data-end-2";
        return;
      default:
        expect(byte, lineFeed);
        this.place = "size";
        this.digits = 0;
    }
  }

  private readSize(byte: number): void {
    const value = hexValue(byte);
    if (value !== -1) {
      this.size = this.size * 16 + value;
      if (++this.digits > maxSizeDigits) throw invalidResponse("a chunk's size is too large");
      return;
    }
    if (this.digits === 0) throw invalidResponse("a chunk has no size");
    if (byte === carriageReturn) {
      this.place = "size-end";
    } else if (byte === semicolon) {
      this.place = "extension";
      this.extension = ";";
    } else {
      throw invalidResponse("a chunk's size is not a number");
    }
  }

  private readExtension(byte: number): void {
    if (byte === carriageReturn) {
      if (!wholeExtension.test(this.extension)) throw invalidResponse("a chunk's extension is not one");
      this.place = "size-end";
    } else if (byte === lineFeed || this.extension.length === maxExtension) {
      throw invalidResponse("a chunk's extension does not end");
    } else {
      this.extension += String.fromCharCode(byte);
    }
  }

  /** Almost always there are none, and the body ends with the next two bytes. */
  private readTrailers(bytes: Buffer, span: Span): number {
    const { start, end } = span;
    if (
      !this.trailers.isBegun &&
      start + 2 <= end &&
      bytes[start] === carriageReturn &&
      bytes[start + 1] === lineFeed
    ) {
      this.place = "over";
      return start + 2;
    }
    // The line end of the last chunk's size stands for the first half of a blank line, which may be cut in two.
    if (!this.trailers.isBegun) this.trailers.push(lineEnd, { start: 0, end: lineEnd.length });
    const behind = this.trailers.push(bytes, span);
    if (behind === -1) return end;
    checkTrailers(this.trailers.text.slice(lineEnd.length));
    this.place = "over";
    return behind;
  }
}

function expect(byte: number, expected: number): void {
  if (byte !== expected) throw invalidResponse("a chunk does not end where its size says");
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
