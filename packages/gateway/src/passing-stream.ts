import type { StreamDecoder, StreamState } from "./adapter.ts";
import { readSseEvent, readSseObject, SseBoundaries } from "./sse.ts";
import { openStreamState } from "./stream-state.ts";

const empty = Buffer.alloc(0);

/** An event that grows beyond this is passed on unread, so that a provider cannot make the gateway hold its memory. */
const longestReadEvent = 1_048_576;

/** What becomes of an event: it goes on, it is taken out, or it is kept back with all that follows. */
export type Verdict = "forward" | "strip" | "withhold";

/**
 * Passes a stream of the client's own dialect on and reads it on the way: the forwarded bytes are the provider's own, in
 * whole events. What an event means is for the dialect's decoder to say.
 */
export abstract class PassingStream implements StreamDecoder {
  readonly state: StreamState = openStreamState();
  /** What became of the last event. */
  protected verdict: Verdict = "forward";
  private readonly boundaries = new SseBoundaries();
  /** Bytes of the event that is not complete yet. */
  private carry: Buffer[] = [];
  private carryLength = 0;
  /** Inside an event that outgrew the limit: its bytes pass as they come. */
  private unread = false;
  /** From the terminal event on. */
  private tail: Buffer[] | null = null;

  /** Judges one whole event and takes down what it says. */
  protected abstract read(event: Buffer): Verdict;

  /** Takes the events at the chunk's start that need no reading, and returns the offset behind them. */
  protected skim(_chunk: Buffer): number {
    return 0;
  }

  push(chunk: Buffer): Buffer {
    if (this.tail) {
      this.tail.push(chunk);
      return empty;
    }
    const output = new Output(chunk);
    const isBetweenEvents = this.carryLength === 0 && !this.unread && this.boundaries.isBetweenEvents;
    let at = isBetweenEvents ? this.skim(chunk) : 0;
    output.add(chunk.subarray(0, at));
    while (at < chunk.length && !this.tail) {
      const end = this.boundaries.next(chunk, at);
      if (end === -1) this.keep(chunk.subarray(at), output);
      else this.finishEvent(chunk.subarray(at, end), output);
      at = end === -1 ? chunk.length : end;
    }
    if (at < chunk.length) this.withhold(chunk.subarray(at));
    return output.take();
  }

  end(): void {
    if (this.carryLength === 0 || this.tail) return;
    const event = this.takeCarry(empty);
    // An event that was cut off inside says nothing that can be relied on.
    const isWhole = readSseEvent(event.toString("utf8")).data === "[DONE]" || readSseObject(event) !== null;
    if (!isWhole || this.read(event) !== "strip") this.withhold(event);
  }

  takeTail(): Buffer {
    const tail = this.tail ? Buffer.concat(this.tail) : empty;
    this.tail = [];
    return tail;
  }

  private keep(rest: Buffer, output: Output): void {
    if (!this.unread && this.carryLength + rest.length > longestReadEvent) {
      this.unread = true;
      this.state.unreadableEvents++;
      for (const piece of this.carry) output.add(piece);
      this.carry = [];
      this.carryLength = 0;
    }
    if (this.unread) {
      output.add(rest);
      return;
    }
    this.carry.push(rest);
    this.carryLength += rest.length;
  }

  private withhold(bytes: Buffer): void {
    this.tail = this.tail ?? [];
    this.tail.push(bytes);
  }

  /** `ending` is the event's last piece, and all of it when nothing was carried over. */
  private finishEvent(ending: Buffer, output: Output): void {
    if (this.unread) {
      this.unread = false;
      this.state.events++;
      this.state.contentEvents++;
      this.verdict = "forward";
      output.add(ending);
      return;
    }
    const event = this.carryLength === 0 ? ending : this.takeCarry(ending);
    // A blank line more, or the line feed that a chunk's end cut off, shares the fate of the event before it.
    if (!isBlank(event)) this.verdict = this.read(event);
    if (this.verdict === "forward") output.add(event);
    else if (this.verdict === "withhold") this.withhold(event);
  }

  private takeCarry(ending: Buffer): Buffer {
    const event = Buffer.concat([...this.carry, ending]);
    this.carry = [];
    this.carryLength = 0;
    return event;
  }
}

function isBlank(event: Buffer): boolean {
  return event.length <= 2 && (event[0] === 0x0a || event[0] === 0x0d);
}

/** Collects what the client gets of one chunk, without copying while it is one contiguous piece of it. */
class Output {
  private readonly source: Buffer;
  private start = 0;
  private end = 0;
  private pieces: Buffer[] | null = null;

  constructor(source: Buffer) {
    this.source = source;
  }

  add(piece: Buffer): void {
    if (piece.length === 0) return;
    const start = piece.byteOffset - this.source.byteOffset;
    const inSource =
      piece.buffer === this.source.buffer && start >= 0 && start + piece.length <= this.source.length;
    if (this.pieces === null && inSource) {
      if (this.end === this.start) this.start = this.end = start;
      if (start === this.end) {
        this.end += piece.length;
        return;
      }
    }
    if (this.pieces === null) {
      this.pieces = [];
      if (this.end > this.start) this.pieces.push(this.source.subarray(this.start, this.end));
    }
    this.pieces.push(piece);
  }

  take(): Buffer {
    if (this.pieces !== null)
      return this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
    if (this.start === 0 && this.end === this.source.length) return this.source;
    return this.end === this.start ? empty : this.source.subarray(this.start, this.end);
  }
}
