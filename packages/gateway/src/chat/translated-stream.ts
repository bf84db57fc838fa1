import type { Usage } from "@perpetuo/contracts/usage";
import type { StreamDecoder, StreamState } from "../adapter.ts";
import { readSseEvent, SseBoundaries } from "../sse.ts";
import { openStreamState } from "../stream-state.ts";
import {
  type AnswerIdentity,
  type ExtraContent,
  extraField,
  type FinishReason,
  usageObject,
} from "./answer.ts";

/** Larger events end the stream in an error: a translation has to hold an event whole. */
const longestEvent = 16 * 1_048_576;
const empty = Buffer.alloc(0);

/** A piece of the answer, as a translator hands it over. */
export type Delta =
  | { kind: "role" }
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "refusal"; text: string }
  | { kind: "tool-call"; index: number; id: string; name: string; extra?: ExtraContent }
  | { kind: "tool-arguments"; index: number; text: string };

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

export type TranslatedStreamOptions = { identity: AnswerIdentity; includeUsage: boolean };

/**
 * Turns another wire's events into OpenAI's `chat.completion.chunk` events. The finish reason, the usage chunk and `[DONE]`
 * are withheld until the provider's own end has been seen, so that a stream that breaks never looks complete.
 */
export class TranslatedStream implements StreamDecoder, StreamWriter {
  readonly state: StreamState = openStreamState();
  private readonly translator: EventTranslator;
  private readonly includeUsage: boolean;
  private identity: AnswerIdentity;
  private readonly boundaries = new SseBoundaries();
  private carry: Buffer[] = [];
  private carryLength = 0;
  private output = "";
  private finishReason: FinishReason | null = null;
  private shownUsage: Usage | null = null;

  constructor(translator: EventTranslator, { identity, includeUsage }: TranslatedStreamOptions) {
    this.translator = translator;
    this.identity = identity;
    this.includeUsage = includeUsage;
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
    if (this.finishReason !== null) this.chunk({ delta: {}, finish_reason: this.finishReason });
    const usage = this.shownUsage ?? this.state.usage;
    if (this.includeUsage && usage !== null) {
      this.write({ ...this.envelope(), choices: [], usage: usageObject(usage) });
    }
    this.output += "data: [DONE]\n\n";
    return this.take();
  }

  identify(id: string | null, model: string | null): void {
    this.identity = {
      ...this.identity,
      id: id ?? this.identity.id,
      model: model ?? this.identity.model,
    };
  }

  delta(delta: Delta): void {
    if (delta.kind !== "role") this.state.contentEvents++;
    this.chunk({ delta: deltaObject(delta), finish_reason: null });
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
    this.write({ error: { message, type: "upstream_error", param: null, code: "upstream_error" } });
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
    if (data === "[DONE]") return;
    const value = parse(data);
    if (value === undefined) this.state.unreadableEvents++;
    else this.translator.event(name, value, this);
  }

  private chunk(choice: { delta: object; finish_reason: FinishReason | null }): void {
    const usage = this.includeUsage ? { usage: null } : {};
    this.write({ ...this.envelope(), choices: [{ index: 0, ...choice, logprobs: null }], ...usage });
  }

  private envelope() {
    const { id, created, model } = this.identity;
    return { id, object: "chat.completion.chunk", created, model };
  }

  private write(value: object): void {
    this.output += `data: ${JSON.stringify(value)}\n\n`;
  }

  private take(): Buffer {
    if (this.output === "") return empty;
    const bytes = Buffer.from(this.output);
    this.output = "";
    return bytes;
  }
}

function deltaObject(delta: Delta): object {
  switch (delta.kind) {
    case "role":
      return { role: "assistant", content: "" };
    case "text":
      return { content: delta.text };
    case "reasoning":
      return { reasoning_content: delta.text };
    case "refusal":
      return { refusal: delta.text };
    case "tool-call": {
      const call = { name: delta.name, arguments: "" };
      const { index, id } = delta;
      return { tool_calls: [{ index, id, type: "function", function: call, ...extraField(delta.extra) }] };
    }
    case "tool-arguments":
      return { tool_calls: [{ index: delta.index, function: { arguments: delta.text } }] };
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
