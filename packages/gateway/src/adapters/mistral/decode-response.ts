import type { AnswerContext, DecodedResponse } from "../../adapter.ts";
import { answered, malformed } from "../../answer-formats.ts";
import { type AnsweredToolCall, textOrNull } from "../../chat/answer.ts";
import { parseJsonObject } from "../../json-object.ts";
import { answerEnd, readContent } from "./content.ts";
import { readUsage } from "./usage.ts";

type Choice = { message?: { content?: unknown; tool_calls?: unknown }; finish_reason?: unknown };
type Answer = { id?: unknown; model?: unknown; choices: Choice[]; usage?: unknown };

/** Turns a whole answer into the client's. What is no such answer is handed on as malformed. */
export function decodeResponse(body: Buffer, context: AnswerContext): DecodedResponse {
  const answer = parseAnswer(body);
  if (answer === null) return malformed(body);
  const usage = readUsage(answer.usage);
  const [choice] = answer.choices;
  const end = answerEnd(choice?.finish_reason);
  const { text, reasoning } = readContent(choice?.message?.content);
  const calls = choice?.message?.tool_calls;
  return answered(
    {
      id: textOrNull(answer.id),
      model: textOrNull(answer.model),
      text: textOrNull(text),
      reasoning: textOrNull(reasoning),
      refusal: null,
      toolCalls: Array.isArray(calls) ? calls.map(toolCallOf) : [],
      end,
      usage,
    },
    { context, billed: usage },
  );
}

/** Arguments may come as an object. */
export function argumentsText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? {});
}

function toolCallOf(value: unknown): AnsweredToolCall {
  const call = (value ?? {}) as { id?: unknown; function?: { name?: unknown; arguments?: unknown } };
  return {
    id: String(call.id ?? ""),
    name: String(call.function?.name ?? ""),
    arguments: argumentsText(call.function?.arguments),
  };
}

function parseAnswer(body: Buffer): Answer | null {
  const parsed = parseJsonObject(body.toString("utf8")) as Answer | null;
  return Array.isArray(parsed?.choices) ? parsed : null;
}
