import type { Usage } from "@perpetuo/contracts/usage";
import type { AnswerContext, StreamDecoder, StreamState } from "../adapter.ts";
import { streamFormatFor } from "../answer-formats.ts";
import { readSseEvent, SseBoundaries } from "../sse.ts";
import { openStreamState } from "../stream-state.ts";
import type { AnswerEnd, FinishReason } from "./answer.ts";
import type { Delta, StreamFormat } from "./stream-format.ts";

/** Larger events end the stream in an error: a translation has to hold an event whole. */
const longestEvent = 16 * 1_048_576;
const empty = Buffer.alloc(0);

/** Where a translator puts what it reads out of one event. */
export type StreamWriter = {
  readonly state: StreamState;
  /** Takes the place of the gateway's own words; null keeps what is known. */
  identify(id: string | null, model: string | null): void;
  delta(delta: Delta): void;
  finish(reason: FinishReason): void;
  /** What the client is shown where the provider bills something else than it read; otherwise it sees what is billed. */
  show(usage: Usage): void;
  /** The provider's own end of the stream. */
  terminate(): void;
  fail(message: string): void;
};

export type EventTranslator = {
  /** One event of the provider's stream. `data` is parsed JSON, or null when it is none. */
  event(name: string | null, data: unknown, writer: StreamWriter): void;
  /** The stream has ended; wires without a terminal event of their own decide here whether it is whole. */
  end?(writer: StreamWriter): void;
};

/** Ends a whole answer for its reason. One that ended in a failure is told as such, and never taken for whole. */
export function endAnswer(end: AnswerEnd, writer: StreamWriter): void {
  if (end.kind === "failed") {
    writer.fail(end.message);
    return;
  }
  writer.finish(end.reason);
  writer.terminate();
}

/** The stream of a provider's events in the dialect of the client, with its first `mostCalls` tool calls. */
export function translatedStream(
  translator: EventTranslator,
  context: AnswerContext,
  mostCalls = Number.POSITIVE_INFINITY,
): StreamDecoder {
  return new TranslatedStream(translator, streamFormatFor(context), mostCalls);
}

/**
 * Turns another wire's events into those of the client's dialect. How the answer ended and what it took is withheld until
 * the provider's own end has been seen, so that a stream that breaks never looks complete.
 */
class TranslatedStream implements StreamDecoder, StreamWriter {
  readonly state: StreamState = openStreamState();
  private readonly translator: EventTranslator;
  private readonly format: StreamFormat;
  private readonly mostCalls: number;
  private readonly boundaries = new SseBoundaries();
  private carry: Buffer[] = [];
  private carryLength = 0;
  private output = "";
  private finishReason: FinishReason | null = null;
  private shownUsage: Usage | null = null;

  constructor(translator: EventTranslator, format: StreamFormat, mostCalls: number) {
    this.translator = translator;
    this.format = format;
    this.mostCalls = mostCalls;
  }

  push(chunk: Buffer): Buffer {
    let at = 0;
    while (at < chunk.length && !this.isOver) {
      const end = this.boundaries.next(chunk, at);
      if (end === -1) {
        this.keep(chunk.subarray(at));
        break;
      }
      this.read(chunk.subarray(at, end));
      at = end;
    }
    return this.take();
  }

  end(): void {
    if (!this.isOver && this.carryLength > 0) this.read(empty);
    if (!this.isOver) this.translator.end?.(this);
  }

  takeTail(): Buffer {
    if (!this.state.terminated) return this.take();
    const usage = this.shownUsage ?? this.state.usage;
    this.output += this.format.ending(this.finishReason, usage);
    return this.take();
  }

  identify(id: string | null, model: string | null): void {
    this.format.identify(id, model);
  }

  delta(delta: Delta): void {
    if (delta.kind !== "role") this.state.contentEvents++;
    if ("index" in delta && delta.index >= this.mostCalls) return;
    this.output += this.format.delta(delta, this.shownUsage ?? this.state.usage);
  }

  finish(reason: FinishReason): void {
    this.finishReason = reason;
  }

  show(usage: Usage): void {
    this.shownUsage = usage;
  }

  terminate(): void {
    this.state.terminated = true;
    this.state.terminalWithheld = true;
  }

  fail(message: string): void {
    this.state.error ??= { message, event: this.state.events };
    this.output += this.format.failure(message);
  }

  /** Nothing that follows the provider's end, or its error, belongs to the answer. */
  private get isOver(): boolean {
    return this.state.terminated || this.state.error !== null;
  }

  private keep(rest: Buffer): void {
    this.carry.push(rest);
    this.carryLength += rest.length;
    if (this.carryLength <= longestEvent) return;
    this.state.unreadableEvents++;
    this.carry = [];
    this.carryLength = 0;
    this.fail(`an event of the provider exceeds ${longestEvent} bytes`);
  }

  private read(ending: Buffer): void {
    const event = this.carryLength === 0 ? ending : Buffer.concat([...this.carry, ending]);
    this.carry = [];
    this.carryLength = 0;
    const { event: name, data } = readSseEvent(event.toString("utf8"));
    if (data === null) return;
    this.state.events++;
    if (data === "[DONE]") {
      this.translator.end?.(this);
      return;
    }
    const value = parse(data);
    if (value === undefined) this.state.unreadableEvents++;
    else this.translator.event(name, value, this);
  }

  private take(): Buffer {
    if (this.output === "") return empty;
    const bytes = Buffer.from(this.output);
    this.output = "";
    return bytes;
  }
}

/** Undefined when the text is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
