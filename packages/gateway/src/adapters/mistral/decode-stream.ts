import type { AnswerContext, StreamDecoder } from "../../adapter.ts";
import { textOrNull } from "../../chat/answer.ts";
import {
  type EventTranslator,
  endAnswer,
  type StreamWriter,
  translatedStream,
} from "../../chat/translated-stream.ts";
import { answerEnd, readContent } from "./content.ts";
import { argumentsText } from "./decode-response.ts";
import { readUsage } from "./usage.ts";

type ToolDelta = { id?: unknown; index?: unknown; function?: { name?: unknown; arguments?: unknown } };
type Choice = { delta?: { content?: unknown; tool_calls?: unknown } | null; finish_reason?: unknown };
type Chunk = {
  id?: unknown;
  model?: unknown;
  choices?: unknown;
  usage?: unknown;
  error?: unknown;
};

/** Turns Mistral's chunks into the client's: the usage moves to a chunk of its own, and tool calls get their places. */
export function streamDecoder(context: AnswerContext): StreamDecoder {
  return translatedStream(new MistralEvents(), context);
}

/** A stream is whole when it ends, with `[DONE]` or without, behind a finish reason. */
class MistralEvents implements EventTranslator {
  private hasStarted = false;
  /** Places of the calls, by their id. */
  private readonly tools = new Map<string, number>();
  /** The last call of each index, and at -1 the last one of all: a delta without an id goes on with it. */
  private readonly lastTool = new Map<number, number>();
  private word: string | null = null;

  event(_name: string | null, data: unknown, writer: StreamWriter): void {
    if (typeof data !== "object" || data === null) return;
    const chunk = data as Chunk;
    if (chunk.error) {
      const message = (chunk.error as { message?: unknown }).message ?? chunk.error;
      writer.fail(textOrNull(message) ?? "the provider sent an error event");
      return;
    }
    this.start(chunk, writer);
    const choice: Choice | null = Array.isArray(chunk.choices) ? (chunk.choices[0] ?? null) : null;
    const { text, reasoning } = readContent(choice?.delta?.content);
    if (reasoning !== "") writer.delta({ kind: "reasoning", text: reasoning });
    if (text !== "") writer.delta({ kind: "text", text });
    const calls = choice?.delta?.tool_calls;
    if (Array.isArray(calls)) for (const call of calls) this.tool((call ?? {}) as ToolDelta, writer);
    this.word = textOrNull(choice?.finish_reason) ?? this.word;
    writer.state.usage = readUsage(chunk.usage) ?? writer.state.usage;
  }

  end(writer: StreamWriter): void {
    if (this.word !== null) endAnswer(answerEnd(this.word), writer);
  }

  private start({ id, model }: Chunk, writer: StreamWriter): void {
    if (this.hasStarted) return;
    this.hasStarted = true;
    writer.identify(textOrNull(id), textOrNull(model));
    writer.delta({ kind: "role" });
  }

  /** Indexes and types may be missing, and a name is empty from the second piece on. */
  private tool({ id, index, function: called }: ToolDelta, writer: StreamWriter): void {
    const slot = typeof index === "number" ? index : -1;
    const callId = textOrNull(id);
    let place = callId === null ? this.lastTool.get(slot) : this.tools.get(callId);
    if (place === undefined) {
      place = this.tools.size;
      this.tools.set(callId ?? `#${place}`, place);
      writer.delta({ kind: "tool-call", index: place, id: callId ?? "", name: String(called?.name ?? "") });
    }
    this.lastTool.set(slot, place);
    const text = called?.arguments === undefined ? "" : argumentsText(called.arguments);
    if (text !== "") writer.delta({ kind: "tool-arguments", index: place, text });
  }
}
