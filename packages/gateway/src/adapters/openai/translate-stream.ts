import type { AnswerContext, StreamDecoder } from "../../adapter.ts";
import { textOrNull } from "../../chat/answer.ts";
import {
  type EventTranslator,
  endAnswer,
  type StreamWriter,
  translatedStream,
} from "../../chat/translated-stream.ts";
import { answerEnd } from "./finish.ts";
import { extraOf, reasoningOf } from "./translate-response.ts";
import { readGroqUsage, readUsage } from "./usage.ts";

type ToolDelta = { index?: unknown; id?: unknown; function?: { name?: unknown; arguments?: unknown } };
type ChunkDelta = { content?: unknown; refusal?: unknown; tool_calls?: unknown; [field: string]: unknown };
type Choice = { delta?: ChunkDelta | null; finish_reason?: unknown };
type Chunk = {
  id?: unknown;
  model?: unknown;
  choices?: unknown;
  usage?: unknown;
  x_groq?: unknown;
  error?: unknown;
};

/** Turns chat completion chunks into the client's dialect, where that is another. */
export function translateStream(context: AnswerContext): StreamDecoder {
  return translatedStream(new ChunkEvents(), context);
}

/** A stream is whole when it ends, with `[DONE]` or without, behind a finish reason. */
class ChunkEvents implements EventTranslator {
  private hasStarted = false;
  /** Places of the calls, by the index that the provider gives them. */
  private readonly tools = new Map<unknown, number>();
  private word: unknown = null;

  event(name: string | null, data: unknown, writer: StreamWriter): void {
    if (typeof data !== "object" || data === null) return;
    const chunk = data as Chunk;
    if (chunk.error || name === "error") {
      const { message = chunk.error } = (chunk.error ?? {}) as { message?: unknown };
      writer.fail(textOrNull(message) ?? "the provider sent an error event");
      return;
    }
    this.start(chunk, writer);
    writer.state.usage = readUsage(chunk.usage) ?? readGroqUsage(chunk.x_groq) ?? writer.state.usage;
    const choice: Choice | null = Array.isArray(chunk.choices) ? (chunk.choices[0] ?? null) : null;
    if (choice === null) return;
    this.content(choice.delta ?? {}, writer);
    this.word = choice.finish_reason ?? this.word;
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

  private content(delta: ChunkDelta, writer: StreamWriter): void {
    const reasoning = reasoningOf(delta);
    if (reasoning !== null) writer.delta({ kind: "reasoning", text: reasoning });
    const text = textOrNull(delta.content);
    if (text !== null) writer.delta({ kind: "text", text });
    const refusal = textOrNull(delta.refusal);
    if (refusal !== null) writer.delta({ kind: "refusal", text: refusal });
    if (!Array.isArray(delta.tool_calls)) return;
    for (const call of delta.tool_calls) this.tool((call ?? {}) as ToolDelta, writer);
  }

  private tool(call: ToolDelta, writer: StreamWriter): void {
    const place = call.index ?? call.id ?? 0;
    let index = this.tools.get(place);
    if (index === undefined) {
      index = this.tools.size;
      this.tools.set(place, index);
      const [id, name] = [String(call.id ?? ""), String(call.function?.name ?? "")];
      writer.delta({ kind: "tool-call", index, id, name, ...extraOf(call) });
    }
    const text = textOrNull(call.function?.arguments);
    if (text !== null) writer.delta({ kind: "tool-arguments", index, text });
  }
}
