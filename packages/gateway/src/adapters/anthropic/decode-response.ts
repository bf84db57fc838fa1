import type { AnswerContext, DecodedResponse } from "../../adapter.ts";
import { answered, malformed } from "../../answer-formats.ts";
import { type AnsweredToolCall, type FinishReason, finished, textOrNull } from "../../chat/answer.ts";
import { parseJsonObject } from "../../json-object.ts";
import { readUsage } from "./usage.ts";

type Message = {
  id?: unknown;
  model?: unknown;
  content?: unknown;
  stop_reason?: unknown;
  stop_details?: unknown;
  usage?: unknown;
};
type ContentBlock = { type?: unknown; [field: string]: unknown };

/** Turns a whole Messages answer into the client's. What is no such answer is handed on as malformed. */
export function decodeResponse(body: Buffer, context: AnswerContext): DecodedResponse {
  const message = parseMessage(body);
  if (message === null) return malformed(body);
  const blocks = message.content.filter(isBlock);
  const usage = readUsage(message.usage);
  return answered(
    {
      id: textOrNull(message.id),
      model: textOrNull(message.model),
      text: joined(blocks, "text", "text"),
      reasoning: joined(blocks, "thinking", "thinking"),
      refusal: refusalOf(message),
      toolCalls: blocks.filter(({ type }) => type === "tool_use").map(toolCallOf),
      end: finished(finishReasonOf(message.stop_reason)),
      usage,
    },
    { context, billed: usage },
  );
}

/** OpenAI's word for a `stop_reason`. A paused turn, which only server tools make, stands as it is: a stop. */
export function finishReasonOf(reason: unknown): FinishReason {
  switch (reason) {
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "tool_use":
      return "tool_calls";
    case "refusal":
      return "content_filter";
    default:
      return "stop";
  }
}

/** Why the model refused, where it says so. */
export function refusalOf({ stop_reason, stop_details }: Message): string | null {
  if (stop_reason !== "refusal" || typeof stop_details !== "object" || stop_details === null) return null;
  return textOrNull((stop_details as { explanation?: unknown }).explanation);
}

function parseMessage(body: Buffer): (Message & { content: unknown[] }) | null {
  const parsed: Message | null = parseJsonObject(body.toString("utf8"));
  return Array.isArray(parsed?.content) ? { ...parsed, content: parsed.content } : null;
}

function isBlock(value: unknown): value is ContentBlock {
  return typeof value === "object" && value !== null;
}

function joined(blocks: ContentBlock[], type: string, field: string): string | null {
  const texts = blocks.filter((block) => block.type === type).map((block) => block[field]);
  return textOrNull(texts.filter((text) => typeof text === "string").join(""));
}

function toolCallOf({ id, name, input }: ContentBlock): AnsweredToolCall {
  return { id: String(id ?? ""), name: String(name ?? ""), arguments: JSON.stringify(input ?? {}) };
}
