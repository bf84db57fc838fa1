import type { Answer } from "../answer/answer.ts";
import { type ChatParts, chatPartsOf } from "../answer/chat-parts.ts";
import type { MockRequest } from "../request/parse-request.ts";
import { dataEvent, fragmentAt, streamHead, wholeAnswer } from "./events.ts";

const finishReasons: Record<string, string> = {
  stop: "STOP",
  length: "MAX_TOKENS",
  tool_calls: "STOP",
  content_filter: "SAFETY",
};

/** The answer to `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent`. */
export function googleAnswer(request: MockRequest): Answer {
  const parts = chatPartsOf(request, "");
  if (!request.stream) {
    const content = parts.calls.length > 0 ? parts.calls.map(callPart) : [{ text: parts.content.text() }];
    return wholeAnswer(request, parts, response(request, parts, { content, isLast: true }));
  }
  return {
    ...streamHead(request, parts),
    opening: "",
    contentFrame: (index) => frame(request, parts, index),
    closing: dataEvent(response(request, parts, { content: [{ text: "" }], isLast: true })),
  };
}

/** A call comes whole, with its last token. */
function frame(request: MockRequest, parts: ChatParts, index: number): string {
  if (parts.calls.length === 0) {
    return dataEvent(response(request, parts, { content: [{ text: parts.word(index) }], isLast: false }));
  }
  const { call, isLast } = fragmentAt(parts, index);
  const made = parts.calls[call];
  if (!isLast || made === undefined) return "";
  return dataEvent(response(request, parts, { content: [callPart(made)], isLast: false }));
}

function callPart({ name, fragments }: { name: string; fragments: string[] }): object {
  return { functionCall: { name, args: JSON.parse(fragments.join("")) }, thoughtSignature: "c2lnbmF0dXJl" };
}

function response(
  request: MockRequest,
  { identity, usage, finish }: ChatParts,
  { content, isLast }: { content: object[]; isLast: boolean },
): object {
  const end = isLast ? { finishReason: finishReasons[finish] ?? finish } : {};
  return {
    candidates: [{ content: { role: "model", parts: content }, ...end, index: 0 }],
    ...(usage === null ? {} : { usageMetadata: usageOf(request, usage) }),
    modelVersion: identity.model,
    responseId: identity.id,
  };
}

/** `candidatesTokenCount` leaves out the thoughts. */
function usageOf({ behaviour }: MockRequest, usage: { prompt_tokens: number; completion_tokens: number }) {
  const thoughts = Math.min(behaviour.usage.reasoning, usage.completion_tokens);
  return {
    promptTokenCount: usage.prompt_tokens,
    cachedContentTokenCount: behaviour.usage.cached,
    candidatesTokenCount: usage.completion_tokens - thoughts,
    thoughtsTokenCount: thoughts,
    totalTokenCount: usage.prompt_tokens + usage.completion_tokens,
  };
}
