import type { AnswerContext, DecodedResponse } from "../../adapter.ts";
import { answered, malformed } from "../../answer-formats.ts";
import { type AnsweredToolCall, textOrNull } from "../../chat/answer.ts";
import { mostCallsOf } from "../../chat/most-calls.ts";
import { parseJsonObject } from "../../json-object.ts";
import { answerEnd } from "./finish.ts";
import { readUsage } from "./usage.ts";

type Message = { content?: unknown; tool_plan?: unknown; tool_calls?: unknown };
type Answer = { id?: unknown; message: Message; finish_reason?: unknown; usage?: unknown };

/** Turns a whole answer into the client's. What is no such answer is handed on as malformed. */
export function decodeResponse(body: Buffer, context: AnswerContext): DecodedResponse {
  const answer = parseAnswer(body);
  if (answer === null) return malformed(body);
  const usage = readUsage(answer.usage);
  const end = answerEnd(answer.finish_reason);
  const { content, tool_plan, tool_calls } = answer.message;
  const plan = textOrNull(tool_plan);
  return answered(
    {
      id: textOrNull(answer.id),
      model: null,
      text: joined(content, "text"),
      reasoning: textOrNull([joined(content, "thinking"), plan].filter((text) => text !== null).join("\n")),
      refusal: null,
      toolCalls: Array.isArray(tool_calls)
        ? tool_calls.slice(0, mostCallsOf(context.call)).map(toolCallOf)
        : [],
      end,
      usage: usage?.shown ?? null,
    },
    { context, billed: usage?.billed ?? null },
  );
}

/** The parts of a tool call, whatever is missing. */
export function toolCallOf(value: unknown): AnsweredToolCall {
  const call = (value ?? {}) as { id?: unknown; function?: { name?: unknown; arguments?: unknown } };
  return {
    id: String(call.id ?? ""),
    name: String(call.function?.name ?? ""),
    arguments: textOrNull(call.function?.arguments) ?? "",
  };
}

function parseAnswer(body: Buffer): Answer | null {
  const parsed = parseJsonObject(body.toString("utf8")) as Answer | null;
  return typeof parsed?.message === "object" && parsed.message !== null ? parsed : null;
}

function joined(content: unknown, kind: "text" | "thinking"): string | null {
  if (!Array.isArray(content)) return kind === "text" ? textOrNull(content) : null;
  const texts = content
    .filter((part) => (part as { type?: unknown } | null)?.type === kind)
    .map((part) => (part as Record<string, unknown>)[kind]);
  return textOrNull(texts.filter((text) => typeof text === "string").join(""));
}
