import type { Answer } from "../answer/answer.ts";
import { doneEvent } from "../answer/answer.ts";
import { type ChatParts, chatPartsOf } from "../answer/chat-parts.ts";
import type { MockRequest } from "../request/parse-request.ts";
import { dataEvent, fragmentAt, streamHead, wholeAnswer } from "./events.ts";

/** The answer to `POST /mistral/v1/chat/completions`: the usage comes unasked, and calls come whole. */
export function mistralAnswer(request: MockRequest): Answer {
  const parts = chatPartsOf(request, "");
  const { calls, content, finish } = parts;
  const usage = usageOf(request, parts);
  if (!request.stream) {
    const message = {
      role: "assistant",
      content: calls.length > 0 ? "" : content.text(),
      ...(calls.length > 0 ? { tool_calls: calls.map((_, index) => toolCall(parts, index)) } : {}),
    };
    const choices = [{ index: 0, message, finish_reason: finish }];
    return wholeAnswer(request, parts, { ...head(parts), object: "chat.completion", choices, usage });
  }
  const frame = (delta: object, end: object = {}) =>
    dataEvent({
      ...head(parts),
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason: null, logprobs: null, ...end }],
      ...("finish_reason" in end ? { usage } : {}),
    });
  return {
    ...streamHead(request, parts),
    opening: frame({ role: "assistant", content: "" }),
    contentFrame: (index) => {
      if (calls.length === 0) return frame({ content: parts.word(index) });
      const { call, isLast } = fragmentAt(parts, index);
      return isLast ? frame({ content: null, tool_calls: [toolCall(parts, call)] }) : "";
    },
    closing: frame({ content: "" }, { finish_reason: finish }) + doneEvent,
  };
}

function head({ identity }: ChatParts): object {
  return { id: identity.id, created: identity.created, model: identity.model };
}

/** Ids are nine letters and digits; neither index nor type is said. */
function toolCall({ calls }: ChatParts, index: number): object {
  const { id = "", name = "", fragments = [] } = calls[index] ?? {};
  return {
    id: id
      .replace(/[^a-zA-Z0-9]/g, "")
      .slice(-9)
      .padStart(9, "0"),
    function: { name, arguments: fragments.join("") },
  };
}

function usageOf({ behaviour }: MockRequest, { usage }: ChatParts): object | undefined {
  if (usage === null) return undefined;
  const total_tokens = usage.prompt_tokens + usage.completion_tokens;
  return { ...usage, total_tokens, prompt_tokens_details: { cached_tokens: behaviour.usage.cached } };
}
