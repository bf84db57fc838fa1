import type { ModelCall, StreamDecoder, StreamState } from "../../adapter.ts";
import { readSseEvent, SseBoundaries } from "../../sse.ts";
import { errorMessage } from "./classify-error.ts";
import { readUsage } from "./usage.ts";

const empty = Buffer.alloc(0);

/** An event that grows beyond this is passed on unread, so that a provider cannot make the gateway hold its memory. */
const longestReadEvent = 1_048_576;

/**
 * Reads OpenAI's stream of `chat.completion.chunk` events in passing: counts content, finds the usage, takes the usage
 * chunk out when the client did not ask for it, and withholds `[DONE]`. The forwarded bytes are otherwise the
 * provider's own, in whole events.
 */
export function streamDecoder(call: ModelCall): StreamDecoder {
  return new OpenAiStreamDecoder(call.includeUsage);
}

type Verdict = "forward" | "strip" | "withhold";

class OpenAiStreamDecoder implements StreamDecoder {
  readonly state: StreamState = {
    events: 0,
    contentEvents: 0,
    usage: null,
    terminated: false,
    terminalWithheld: false,
    error: null,
    unreadableEvents: 0,
  };
  private readonly includeUsage: boolean;
  private readonly boundaries = new SseBoundaries();
  /** Bytes of the event that is not complete yet. */
  private carry: Buffer[] = [];
  private carryLength = 0;
  /** Inside an event that outgrew the limit: its bytes pass as they come. */
  private unread = false;
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
    let at = 0;
    while (at < chunk.length && !this.tail) {
      const end = this.boundaries.next(chunk, at);
      if (end === -1) this.keep(chunk.subarray(at), output);
      else this.finishEvent(chunk.subarray(at, end), output);
      at = end === -1 ? chunk.length : end;
    }
    if (at < chunk.length) this.withhold(chunk.subarray(at));
    return output.take();
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
      output.add(ending);
      return;
    }
    let event = ending;
    if (this.carryLength > 0) {
      event = Buffer.concat([...this.carry, event]);
      this.carry = [];
      this.carryLength = 0;
    }
    const verdict = this.read(event);
    if (verdict === "forward") output.add(event);
    else if (verdict === "withhold") this.withhold(event);
  }

  /**
   * Looks for what metering needs by the keys' text: inside a JSON string a quote is escaped, so `"usage":` can only
   * be a key. Only the few events that hold such a key are parsed.
   */
  private read(event: Buffer): Verdict {
    const text = event.toString("latin1");
    if (!text.includes("data")) return "forward";
    this.state.events++;
    if (text.includes("[DONE]") && readSseEvent(text).data === "[DONE]") {
      this.state.terminated = true;
      this.state.terminalWithheld = true;
      return "withhold";
    }
    if (text.includes('"finish_reason"') && /"finish_reason"\s*:\s*"/.test(text))
      this.state.terminated = true;
    if (text.includes('"usage"') && /"usage"\s*:\s*\{/.test(text)) return this.readUsageEvent(event);
    if (text.includes('"error"') || text.startsWith("event: error")) this.readErrorEvent(event);
    else if (isContent(text)) this.state.contentEvents++;
    return "forward";
  }

  private readUsageEvent(event: Buffer): Verdict {
    const chunk = parseData(event);
    if (chunk === null) {
      this.state.unreadableEvents++;
      return "forward";
    }
    this.state.usage = readUsage(chunk.usage) ?? this.state.usage;
    const isUsageChunk = Array.isArray(chunk.choices) && chunk.choices.length === 0;
    if (!isUsageChunk) this.state.contentEvents++;
    return isUsageChunk && !this.includeUsage ? "strip" : "forward";
  }

  private readErrorEvent(event: Buffer): void {
    const { event: name, data } = readSseEvent(event.toString("utf8"));
    const isError = name === "error" || (data !== null && parseData(event)?.error !== undefined);
    if (!isError) return;
    const message = (data === null ? null : errorMessage(data)) ?? "the provider sent an error event";
    this.state.error ??= { message, event: this.state.events };
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

/** A delta that is not empty and does not merely open the message. */
function isContent(text: string): boolean {
  return text.includes('"delta"') && !/"delta"\s*:\s*\{\s*\}/.test(text) && !/"content"\s*:\s*""/.test(text);
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
