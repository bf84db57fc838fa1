import type { AnswerContext, StreamDecoder } from "../../adapter.ts";
import { textOrNull } from "../../chat/answer.ts";
import { type EventTranslator, type StreamWriter, translatedStream } from "../../chat/translated-stream.ts";
import { finishReasonOf, refusalOf } from "./decode-response.ts";
import { laterUsage, readUsage } from "./usage.ts";

type Event = {
  type?: unknown;
  index?: unknown;
  message?: { id?: unknown; model?: unknown; usage?: unknown };
  content_block?: { type?: unknown; id?: unknown; name?: unknown; input?: unknown };
  delta?: {
    type?: unknown;
    text?: unknown;
    thinking?: unknown;
    partial_json?: unknown;
    stop_reason?: unknown;
    stop_details?: unknown;
  };
  usage?: unknown;
  error?: { message?: unknown; type?: unknown };
};

/** Turns Anthropic's named events into the client's. Source: Anthropic documentation, "Streaming messages". */
export function streamDecoder(context: AnswerContext): StreamDecoder {
  return translatedStream(new AnthropicEvents(), context);
}

/** A tool call in the making: its place among the calls, and whether any of its arguments has come. */
type OpenTool = { index: number; hasArguments: boolean; input: unknown };

/** Without `message_stop` a stream is not whole, so that its end says nothing. */
class AnthropicEvents implements EventTranslator {
  /** By the index of their content block. */
  private readonly tools = new Map<unknown, OpenTool>();
  private usage: unknown = null;

  /** Events and deltas of types that are not known are passed over, as the protocol asks. */
  event(_name: string | null, data: unknown, writer: StreamWriter): void {
    if (typeof data !== "object" || data === null) return;
    const event = data as Event;
    switch (event.type) {
      case "message_start":
        writer.identify(textOrNull(event.message?.id), textOrNull(event.message?.model));
        this.count(event.message?.usage, writer);
        writer.delta({ kind: "role" });
        return;
      case "content_block_start":
        this.open(event, writer);
        return;
      case "content_block_delta":
        this.extend(event, writer);
        return;
      case "content_block_stop":
        this.close(event, writer);
        return;
      case "message_delta":
        this.conclude(event, writer);
        return;
      case "message_stop":
        writer.terminate();
        return;
      case "error":
        writer.fail(textOrNull(event.error?.message) ?? "the provider sent an error event");
    }
  }

  private open({ index, content_block: block }: Event, writer: StreamWriter): void {
    if (block?.type !== "tool_use") return;
    const tool = { index: this.tools.size, hasArguments: false, input: block.input };
    this.tools.set(index, tool);
    const [id, name] = [String(block.id ?? ""), String(block.name ?? "")];
    writer.delta({ kind: "tool-call", index: tool.index, id, name });
  }

  private extend({ index, delta }: Event, writer: StreamWriter): void {
    if (delta?.type === "text_delta") this.text("text", delta.text, writer);
    else if (delta?.type === "thinking_delta") this.text("reasoning", delta.thinking, writer);
    else if (delta?.type === "input_json_delta") {
      const tool = this.tools.get(index);
      const text = textOrNull(delta.partial_json);
      if (tool === undefined || text === null) return;
      tool.hasArguments = true;
      writer.delta({ kind: "tool-arguments", index: tool.index, text });
    }
  }

  private text(kind: "text" | "reasoning", value: unknown, writer: StreamWriter): void {
    const text = textOrNull(value);
    if (text !== null) writer.delta({ kind, text });
  }

  /** A call without arguments streams none; its arguments are those of its start, usually an empty object. */
  private close({ index }: Event, writer: StreamWriter): void {
    const tool = this.tools.get(index);
    if (tool === undefined || tool.hasArguments) return;
    tool.hasArguments = true;
    writer.delta({ kind: "tool-arguments", index: tool.index, text: JSON.stringify(tool.input ?? {}) });
  }

  private conclude({ delta, usage }: Event, writer: StreamWriter): void {
    this.count(usage, writer);
    const refusal = refusalOf(delta ?? {});
    if (refusal !== null) writer.delta({ kind: "refusal", text: refusal });
    if (delta?.stop_reason) writer.finish(finishReasonOf(delta.stop_reason));
  }

  private count(usage: unknown, writer: StreamWriter): void {
    this.usage = laterUsage(this.usage, usage);
    writer.state.usage = readUsage(this.usage) ?? writer.state.usage;
  }
}
