import type { AnswerContext, DecodedResponse } from "../../adapter.ts";
import { answered, malformed } from "../../answer-formats.ts";
import { type AnsweredToolCall, type ExtraContent, finished, textOrNull } from "../../chat/answer.ts";
import { parseJsonObject } from "../../json-object.ts";
import { errorMessage } from "./classify-error.ts";
import { answerEnd } from "./finish.ts";
import { readUsage } from "./usage.ts";

type Message = { content?: unknown; refusal?: unknown; tool_calls?: unknown; [field: string]: unknown };
type Choice = { message?: Message | null; finish_reason?: unknown };
type Completion = { id?: unknown; model?: unknown; choices: (Choice | null)[]; usage?: unknown };

/** Turns a whole chat completion into the client's dialect, where that is another. */
export function translateResponse(body: Buffer, context: AnswerContext): DecodedResponse {
  const text = body.toString("utf8");
  const completion = parseCompletion(text);
  if (completion === null) {
    const message = errorMessage(text);
    return message === null ? malformed(body) : { ...malformed(body), malformed: false, error: message };
  }
  const { message: said, finish_reason: word } = completion.choices[0] ?? {};
  const message = said ?? {};
  const usage = readUsage(completion.usage);
  return answered(
    {
      id: textOrNull(completion.id),
      model: textOrNull(completion.model),
      text: contentText(message.content),
      reasoning: reasoningOf(message),
      refusal: textOrNull(message.refusal),
      toolCalls: Array.isArray(message.tool_calls) ? message.tool_calls.map(toolCallOf) : [],
      end: word === null || word === undefined ? finished("stop") : answerEnd(word),
      usage,
    },
    { context, billed: usage },
  );
}

/** Hosts differ on the name. */
export function reasoningOf({ reasoning_content, reasoning }: Record<string, unknown>): string | null {
  return textOrNull(reasoning_content) ?? textOrNull(reasoning);
}

/** What the provider wants to see again with a call. */
export function extraOf(call: object): { extra?: ExtraContent } {
  const extra = (call as { extra_content?: { google?: { thought_signature?: unknown } } }).extra_content;
  const signature = extra?.google?.thought_signature;
  return typeof signature === "string" ? { extra: { google: { thought_signature: signature } } } : {};
}

function parseCompletion(text: string): Completion | null {
  const parsed = parseJsonObject(text) as Completion | null;
  return Array.isArray(parsed?.choices) ? parsed : null;
}

/** Some hosts answer in parts. */
function contentText(content: unknown): string | null {
  if (!Array.isArray(content)) return textOrNull(content);
  const texts = content.map((part) => (part as { text?: unknown } | null)?.text);
  return textOrNull(texts.filter((text) => typeof text === "string").join(""));
}

function toolCallOf(value: unknown): AnsweredToolCall {
  const call = (value ?? {}) as { id?: unknown; function?: { name?: unknown; arguments?: unknown } };
  return {
    id: String(call.id ?? ""),
    name: String(call.function?.name ?? ""),
    arguments: textOrNull(call.function?.arguments) ?? "",
    ...extraOf(call),
  };
}
