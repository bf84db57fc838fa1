import type { AnswerContext, StreamDecoder, StreamState } from "../../adapter.ts";
import { readSseEvent, SseBoundaries } from "../../sse.ts";
import { openStreamState } from "../../stream-state.ts";
import { errorMessage } from "./classify-error.ts";
import { readUsage } from "./usage.ts";

const empty = Buffer.alloc(0);
const lineFeed = 0x0a;

/** An event that grows beyond this is passed on unread, so that a provider cannot make the gateway hold its memory. */
const longestReadEvent = 1_048_576;

/**
 * Reads OpenAI's stream of `chat.completion.chunk` events in passing: counts content, finds the usage, takes the usage
 * chunk out when the client did not ask for it, and withholds `[DONE]`. The forwarded bytes are otherwise the
 * provider's own, in whole events.
 */
export function streamDecoder({ call }: Pick<AnswerContext, "call">): StreamDecoder {
  return new OpenAiStreamDecoder(call.includeUsage);
}

type Verdict = "forward" | "strip" | "withhold";

class OpenAiStreamDecoder implements StreamDecoder {
  readonly state: StreamState = openStreamState();
  private readonly includeUsage: boolean;
  private readonly boundaries = new SseBoundaries();
  /** Bytes of the event that is not complete yet. */
  private carry: Buffer[] = [];
  private carryLength = 0;
  /** Inside an event that outgrew the limit: its bytes pass as they come. */
  private unread = false;
  /** What became of the last event. */
  private verdict: Verdict = "forward";
  /** From `[DONE]` on. */
  private tail: Buffer[] | null = null;

  constructor(includeUsage: boolean) {
    this.includeUsage = includeUsage;
  }

  push(chunk: Buffer): Buffer {
    if (this.tail) {
      this.tail.push(chunk);
      return empty;
    }
    const output = new Output(chunk);
    let at = this.skim(chunk);
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

  /**
   * Takes the plain events at the chunk's start and returns the offset behind them. Most chunks are one such event: this
   * way they cost a fifth of what reading each line does.
   */
  private skim(chunk: Buffer): number {
    if (this.carryLength > 0 || this.unread || !this.boundaries.isBetweenEvents) return 0;
    const text = chunk.toString("latin1");
    if (text.includes("\r")) return 0;
    let at = 0;
    for (let end = text.indexOf("\n"); isPlain(text, at, end); end = text.indexOf("\n", at)) {
      const event = text.slice(at, end);
      if (notable.test(event)) break;
      this.state.events++;
      this.verdict = "forward";
      if (content.test(event)) {
        this.state.contentEvents++;
        this.state.terminated = false;
      }
      at = end + 2;
    }
    return at;
  }

  end(): void {
    if (this.carryLength === 0 || this.tail) return;
    const event = this.takeCarry(empty);
    // An event that was cut off inside says nothing that can be relied on.
    const isWhole = readSseEvent(event.toString("utf8")).data === "[DONE]" || parseData(event) !== null;
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

  /**
   * Looks for what metering needs by the keys' text: inside a JSON string a quote is escaped, so `"usage":` can only
   * be a key. Only the few events that hold such a key are parsed.
   */
  private read(event: Buffer): Verdict {
    const text = withoutByteOrderMark(event.toString("latin1"));
    const data = dataOf(text);
    if (data === null) return "forward";
    this.state.events++;
    if (data.includes("[DONE]") && readSseEvent(text).data === "[DONE]") {
      this.state.terminated = true;
      this.state.terminalWithheld = true;
      return "withhold";
    }
    const mayBeError = data.includes('"error"') || errorName.test(text);
    if (mayBeError && this.readErrorEvent(event)) return "forward";
    const finishes = data.includes('"finish_reason"') && /"finish_reason"\s*:\s*"/.test(data);
    const hasContent = content.test(data);
    if (hasContent) this.state.contentEvents++;
    // Of several choices each has its own end; content behind one of them belongs to another, which is still open.
    if (finishes) this.state.terminated = true;
    else if (hasContent) this.state.terminated = false;
    return data.includes('"usage"') && /"usage"\s*:\s*\{/.test(data) ? this.readUsageEvent(event) : "forward";
  }

  private readUsageEvent(event: Buffer): Verdict {
    const chunk = parseData(event);
    if (chunk === null) {
      this.state.unreadableEvents++;
      return "forward";
    }
    this.state.usage = readUsage(chunk.usage) ?? this.state.usage;
    const isUsageChunk = Array.isArray(chunk.choices) && chunk.choices.length === 0;
    return isUsageChunk && !this.includeUsage ? "strip" : "forward";
  }

  private readErrorEvent(event: Buffer): boolean {
    const { event: name, data } = readSseEvent(event.toString("utf8"));
    const error = parseData(event)?.error;
    if (name !== "error" && (error === undefined || error === null)) return false;
    const message = (data === null ? null : errorMessage(data)) ?? "the provider sent an error event";
    this.state.error ??= { message, event: this.state.events };
    return true;
  }
}

type ChunkShape = { usage?: unknown; choices?: unknown; error?: unknown };

function parseData(event: Buffer): ChunkShape | null {
  const { data } = readSseEvent(event.toString("utf8"));
  try {
    const parsed: unknown = JSON.parse(data ?? "");
    return typeof parsed === "object" && parsed !== null ? (parsed as ChunkShape) : null;
  } catch {
    return null;
  }
}

function isBlank(event: Buffer): boolean {
  return event.length <= 2 && (event[0] === 0x0a || event[0] === 0x0d);
}

/**
 * The text in which an event's keys are looked for; null when it has no data line, such as a comment. One line of data,
 * the usual case, is searched where it stands; several are joined first, because a key and its value may be apart.
 */
function dataOf(text: string): string | null {
  if (text.startsWith("data:") && !text.includes("\ndata", 4) && !text.includes("\rdata", 4)) return text;
  return text.includes("data") ? readSseEvent(text).data : null;
}

/** A stream may begin with one (WHATWG HTML, 9.2.5); here it is three bytes that were read as Latin-1. */
function withoutByteOrderMark(text: string): string {
  return text.startsWith("\xef\xbb\xbf") ? text.slice(3) : text;
}

/** From `at` on stands one line of data that opens an object, it ends at `end`, and a blank line follows. */
function isPlain(text: string, at: number, end: number): boolean {
  return (
    end !== -1 &&
    text.charCodeAt(end + 1) === lineFeed &&
    (text.startsWith("data: {", at) || text.startsWith("data:{", at))
  );
}

/** What an event says beyond a piece of the answer: an error, its end, or the usage. */
const notable = /"(?:error"|finish_reason"\s*:\s*"|usage"\s*:\s*\{)/;

/** The event is named `error`. */
const errorName = /(?:^|[\r\n])event: ?error(?:[\r\n]|$)/;

/** A piece of the answer: a text of at least one character under a key that a delta carries it in. */
const content =
  /"(?:content|reasoning_content|reasoning|refusal|arguments|text|thinking|transcript)"\s*:\s*"[^"]/;

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
