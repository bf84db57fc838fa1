import type { AnswerContext, StreamDecoder } from "../../adapter.ts";
import { textOrNull } from "../../chat/answer.ts";
import { mostCallsOf } from "../../chat/most-calls.ts";
import { type EventTranslator, type StreamWriter, translatedStream } from "../../chat/translated-stream.ts";
import { toolCallOf } from "./decode-response.ts";
import { answerEnd } from "./finish.ts";
import { readUsage } from "./usage.ts";

type Event = {
  type?: unknown;
  id?: unknown;
  index?: unknown;
  delta?: {
    message?: {
      content?: { text?: unknown; thinking?: unknown };
      tool_plan?: unknown;
      /** One call, not a list. */
      tool_calls?: { function?: { arguments?: unknown } };
    };
    finish_reason?: unknown;
    error?: unknown;
    usage?: unknown;
  };
};

/** Turns Cohere's typed events into the client's. Source: Cohere documentation, "Streaming responses". */
export function streamDecoder(context: AnswerContext): StreamDecoder {
  return translatedStream(new CohereEvents(), context, mostCallsOf(context.call));
}

/** Without `message-end` a stream is not whole. */
class CohereEvents implements EventTranslator {
  /** Places of the calls, by the index of their events. */
  private readonly tools = new Map<unknown, number>();

  /** Citations, ends of parts and events that are not known say nothing that a chunk could. */
  event(_name: string | null, data: unknown, writer: StreamWriter): void {
    if (typeof data !== "object" || data === null) return;
    const event = data as Event;
    const message = event.delta?.message;
    switch (event.type) {
      case "message-start":
        writer.identify(textOrNull(event.id), null);
        writer.delta({ kind: "role" });
        return;
      case "content-start":
      case "content-delta":
        this.text("text", message?.content?.text, writer);
        this.text("reasoning", message?.content?.thinking, writer);
        return;
      case "tool-plan-delta":
        this.text("reasoning", message?.tool_plan, writer);
        return;
      case "tool-call-start":
        this.open(event, writer);
        return;
      case "tool-call-delta":
        this.extend(event, writer);
        return;
      case "message-end":
        this.conclude(event, writer);
    }
  }

  private text(kind: "text" | "reasoning", value: unknown, writer: StreamWriter): void {
    const text = textOrNull(value);
    if (text !== null) writer.delta({ kind, text });
  }

  private open({ index: place, delta }: Event, writer: StreamWriter): void {
    const index = this.tools.size;
    this.tools.set(place, index);
    const { id, name, arguments: text } = toolCallOf(delta?.message?.tool_calls);
    writer.delta({ kind: "tool-call", index, id, name });
    if (text !== "") writer.delta({ kind: "tool-arguments", index, text });
  }

  private extend({ index: place, delta }: Event, writer: StreamWriter): void {
    const index = this.tools.get(place);
    const text = textOrNull(delta?.message?.tool_calls?.function?.arguments);
    if (index !== undefined && text !== null) writer.delta({ kind: "tool-arguments", index, text });
  }

  private conclude({ delta }: Event, writer: StreamWriter): void {
    const usage = readUsage(delta?.usage);
    if (usage !== null) {
      writer.state.usage = usage.billed;
      writer.show(usage.shown);
    }
    const end = answerEnd(delta?.finish_reason);
    if (end.kind === "failed") {
      writer.fail(textOrNull(delta?.error) ?? end.message);
      return;
    }
    writer.finish(end.reason);
    writer.terminate();
  }
}
