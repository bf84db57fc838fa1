import type { Answer } from "../answer/answer.ts";
import { type ChatParts, chatPartsOf } from "../answer/chat-parts.ts";
import type { MockRequest } from "../request/parse-request.ts";
import { fragmentAt, namedEvent, streamHead, wholeAnswer } from "./events.ts";

/** Tokens of the provider's own instructions, which are read and not billed. */
const unbilledTokens = 500;

const finishReasons: Record<string, string> = {
  stop: "COMPLETE",
  length: "MAX_TOKENS",
  tool_calls: "TOOL_CALL",
};

/** The answer to `POST /v2/chat`. */
export function cohereAnswer(request: MockRequest): Answer {
  const parts = chatPartsOf(request, "");
  const { identity, calls, content } = parts;
  const end = { finish_reason: finishReasons[parts.finish] ?? parts.finish, usage: usageOf(request, parts) };
  if (!request.stream) {
    const message =
      calls.length > 0 ? { tool_calls: calls.map(toolCall) } : { content: [textPart(content.text())] };
    return wholeAnswer(request, parts, {
      id: identity.id,
      message: { role: "assistant", ...message },
      ...end,
    });
  }
  const usesTools = calls.length > 0;
  const begin = { type: "content-start", index: 0, delta: { message: { content: textPart("") } } };
  return {
    ...streamHead(request, parts),
    opening:
      namedEvent({ type: "message-start", id: identity.id, delta: { message: { role: "assistant" } } }) +
      (usesTools ? "" : namedEvent(begin)),
    contentFrame: usesTools ? (index) => toolFrame(parts, index) : (index) => textFrame(parts.word(index)),
    closing:
      (usesTools ? "" : namedEvent({ type: "content-end", index: 0 })) +
      namedEvent({ type: "message-end", delta: end }),
  };
}

function textPart(text: string): object {
  return { type: "text", text };
}

function toolCall({ id, name, fragments }: { id: string; name: string; fragments: string[] }): object {
  return { id, type: "function", function: { name, arguments: fragments.join("") } };
}

function textFrame(text: string): string {
  return namedEvent({ type: "content-delta", index: 0, delta: { message: { content: { text } } } });
}

function toolFrame(parts: ChatParts, index: number): string {
  const { call, text, isFirst, isLast } = fragmentAt(parts, index);
  const { id, name } = parts.calls[call] ?? { id: "", name: "" };
  const event = (type: string, tool_calls: object) =>
    namedEvent({ type, index: call, delta: { message: { tool_calls } } });
  return (
    (isFirst ? event("tool-call-start", toolCall({ id, name, fragments: [] })) : "") +
    event("tool-call-delta", { function: { arguments: text } }) +
    (isLast ? namedEvent({ type: "tool-call-end", index: call }) : "")
  );
}

function usageOf({ behaviour }: MockRequest, { usage }: ChatParts): object | undefined {
  if (usage === null) return undefined;
  const [input, output] = [usage.prompt_tokens, usage.completion_tokens];
  return {
    billed_units: { input_tokens: input, output_tokens: output },
    tokens: { input_tokens: input + unbilledTokens, output_tokens: output },
    cached_tokens: behaviour.usage.cached,
  };
}
