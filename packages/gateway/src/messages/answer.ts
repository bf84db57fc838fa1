import { noUsage, type Usage } from "@perpetuo/contracts/usage";
import type { AnswerContext, ModelCall } from "../adapter.ts";
import type { AnsweredToolCall, AnswerIdentity, ChatAnswer, FinishReason } from "../chat/answer.ts";
import { parseJsonObject } from "../json-object.ts";
import { ownSignature } from "./own-thinking.ts";

/** A block of an answer, as Anthropic's clients read it. */
export type AnswerBlock =
  | { type: "text"; text: string }
  | { type: "thinking"; thinking: string; signature: string }
  | { type: "tool_use"; id: string; name: string; input: object };

const stopReasons: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
};

/** What an answer holds beside its text, as far as that decides about its end. */
type Held = { isRefusal: boolean; hasCalls: boolean };

/**
 * Anthropic's word for why an answer ended. A stop text that was met cannot be told from any other end. OpenAI says `stop`
 * of a call that was asked for by its name; Anthropic's clients carry a call out for `tool_use` alone.
 */
export function stopReason(reason: FinishReason | null, { isRefusal, hasCalls }: Held): string {
  if (isRefusal) return stopReasons.content_filter;
  const said = reason ?? "stop";
  return stopReasons[said === "stop" && hasCalls ? "tool_calls" : said];
}

type Written = { kind: "written"; value: object } | { kind: "failed"; message: string };

/**
 * Anthropic's `message` object. Arguments that the limit of the output cut off are empty ones: the client asked for that
 * limit, `max_tokens` tells it, and another call would be cut, and paid, again. Source: Anthropic API reference, "Messages".
 */
export function messageObject(answer: ChatAnswer, { identity, call }: AnswerContext): Written {
  const content: AnswerBlock[] = [];
  const { reasoning, end } = answer;
  const reason = end.kind === "finished" ? end.reason : null;
  if (reasoning !== null && wantsThinking(call)) content.push(thinkingBlock(reasoning));
  const text = answer.text ?? answer.refusal;
  if (text !== null) content.push({ type: "text", text });
  for (const [index, toolCall] of answer.toolCalls.entries()) {
    const input = parseJsonObject(toolCall.arguments.trim() || "{}") ?? (reason === "length" ? {} : null);
    if (input === null) return { kind: "failed", message: "the arguments of a tool call are no JSON object" };
    const signature = toolCall.extra?.google.thought_signature;
    if (signature !== undefined) content.push(thinkingBlock("", signature));
    content.push({
      type: "tool_use",
      id: toolUseId(toolCall, { identity, index }),
      name: toolCall.name,
      input,
    });
  }
  const held = { isRefusal: answer.refusal !== null, hasCalls: answer.toolCalls.length > 0 };
  const value = {
    ...opening(identity, answer.model),
    content,
    stop_reason: stopReason(reason, held),
    stop_sequence: null,
    usage: usageObject(answer.usage),
  };
  return { kind: "written", value };
}

/** What stands first in a message. Its id is the gateway's: Anthropic's clients expect one of their own form. */
export function opening(identity: AnswerIdentity, model: string | null) {
  return { id: identity.id, type: "message", role: "assistant", model: model ?? identity.model };
}

/** Thought is shown to who asked for it: others read the first block as the answer's text. */
export function wantsThinking({ body, fields }: ModelCall): boolean {
  const span = fields.get("thinking");
  if (!span) return false;
  const thinking = parseJsonObject(body.toString("utf8", span.start, span.end));
  const type = thinking?.["type"];
  return (type === "enabled" || type === "adaptive") && thinking?.["display"] !== "omitted";
}

/** A block of thought that was not Anthropic's; its signature says so. */
export function thinkingBlock(thinking: string, signature = ""): AnswerBlock & { type: "thinking" } {
  return { type: "thinking", thinking, signature: ownSignature(signature) };
}

/** The call's id in the letters that Anthropic takes, so that the conversation can go on there. */
export function toolUseId(
  { id }: Pick<AnsweredToolCall, "id">,
  { identity, index }: { identity: AnswerIdentity; index: number },
): string {
  return id === "" ? `toolu_${identity.id}_${index}` : id.replace(/[^a-zA-Z0-9_-]/g, "_");
}

/** Anthropic's `usage`: what the cache took or gave is not in `input_tokens`. What nobody has said is 0. */
export function usageObject(usage: Usage | null) {
  const { input_tokens, cached_input_tokens, output_tokens, reasoning_tokens } = usage ?? noUsage;
  const written = usage?.cache_write_tokens ?? 0;
  return {
    input_tokens: input_tokens - cached_input_tokens - written,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached_input_tokens,
    output_tokens,
    ...(reasoning_tokens > 0 ? { output_tokens_details: { thinking_tokens: reasoning_tokens } } : {}),
  };
}
