import type { AnswerContext, DecodedResponse } from "../../adapter.ts";
import { type AnsweredToolCall, encodeCompletion, textOrNull } from "../../chat/answer.ts";
import { parseJsonObject } from "../../json-object.ts";
import { answerEnd, readContent } from "./content.ts";
import { readUsage } from "./usage.ts";

type Choice = { message?: { content?: unknown; tool_calls?: unknown }; finish_reason?: unknown };
type Answer = { id?: unknown; model?: unknown; choices: Choice[]; usage?: unknown };

/** Turns a whole answer into a chat completion that OpenAI's clients read. What is no such answer is handed on as malformed. */
export function decodeResponse(body: Buffer, { identity }: AnswerContext): DecodedResponse {
  const answer = parseAnswer(body);
  if (answer === null) return { bytes: body, usage: null, malformed: true, error: null };
  const usage = readUsage(answer.usage);
  const [choice] = answer.choices;
  const end = answerEnd(choice?.finish_reason);
  const { text, reasoning } = readContent(choice?.message?.content);
  const calls = choice?.message?.tool_calls;
  const bytes = encodeCompletion(
    {
      id: textOrNull(answer.id),
      model: textOrNull(answer.model),
      text: textOrNull(text),
      reasoning: textOrNull(reasoning),
      refusal: null,
      toolCalls: Array.isArray(calls) ? calls.map(toolCallOf) : [],
      finishReason: end.kind === "finished" ? end.reason : "stop",
      usage,
    },
    identity,
  );
  return { bytes, usage, malformed: false, error: end.kind === "failed" ? end.message : null };
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
