import type { Answer } from "../answer/answer.ts";
import { type ChatParts, chatPartsOf } from "../answer/chat-parts.ts";
import type { MockRequest } from "../request/parse-request.ts";
import { fragmentAt, namedEvent, streamHead, wholeAnswer } from "./events.ts";

const stopReasons: Record<string, string> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
};

/** The answer to `POST /v1/messages`. */
export function anthropicAnswer(request: MockRequest): Answer {
  const parts = chatPartsOf(request, "msg_");
  return request.stream
    ? streamed(request, parts)
    : wholeAnswer(request, parts, {
        ...messageOf(parts),
        content: blocksOf(parts),
        stop_reason: stopReasonOf(parts),
        stop_sequence: null,
        usage: usageOf(request, parts, parts.usage?.completion_tokens ?? 0),
      });
}

function streamed(request: MockRequest, parts: ChatParts): Answer {
  const begun = { content: [], stop_reason: null, stop_sequence: null, usage: usageOf(request, parts, 1) };
  const text = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };
  const usesTools = parts.calls.length > 0;
  return {
    ...streamHead(request, parts),
    opening:
      namedEvent({ type: "message_start", message: { ...messageOf(parts), ...begun } }) +
      (usesTools ? "" : namedEvent(text)) +
      namedEvent({ type: "ping" }),
    contentFrame: usesTools
      ? (index) => toolFrame(parts, index)
      : (index) => delta(0, { type: "text_delta", text: parts.word(index) }),
    closing:
      (usesTools ? "" : namedEvent({ type: "content_block_stop", index: 0 })) +
      namedEvent({
        type: "message_delta",
        delta: { stop_reason: stopReasonOf(parts), stop_sequence: null },
        usage: usageOf(request, parts, parts.usage?.completion_tokens ?? 0),
      }) +
      namedEvent({ type: "message_stop" }),
  };
}

function toolFrame(parts: ChatParts, index: number): string {
  const { call, text, isFirst, isLast } = fragmentAt(parts, index);
  const { id, name } = parts.calls[call] ?? { id: "", name: "" };
  const block = { type: "tool_use", id, name, input: {} };
  return (
    (isFirst ? namedEvent({ type: "content_block_start", index: call, content_block: block }) : "") +
    delta(call, { type: "input_json_delta", partial_json: text }) +
    (isLast ? namedEvent({ type: "content_block_stop", index: call }) : "")
  );
}

function delta(index: number, content: object): string {
  return namedEvent({ type: "content_block_delta", index, delta: content });
}

function messageOf({ identity }: ChatParts): object {
  return { id: identity.id, type: "message", role: "assistant", model: identity.model };
}

function blocksOf({ calls, content }: ChatParts): object[] {
  if (calls.length === 0) return [{ type: "text", text: content.text() }];
  return calls.map(({ id, name, fragments }) => ({
    type: "tool_use",
    id,
    name,
    input: JSON.parse(fragments.join("")),
  }));
}

function stopReasonOf({ finish }: ChatParts): string {
  return stopReasons[finish] ?? finish;
}

/** `input_tokens` leave out what came from the cache. */
function usageOf(
  { behaviour }: MockRequest,
  { usage }: ChatParts,
  output_tokens: number,
): object | undefined {
  if (usage === null) return undefined;
  const cached = Math.min(behaviour.usage.cached, usage.prompt_tokens);
  return {
    input_tokens: usage.prompt_tokens - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens,
    output_tokens_details: { thinking_tokens: behaviour.usage.reasoning },
    service_tier: "standard",
  };
}
