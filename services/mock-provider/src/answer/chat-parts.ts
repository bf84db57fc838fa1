import { isObject } from "../request/json-object.ts";
import type { MockRequest } from "../request/parse-request.ts";
import type { ReportedUsage } from "./answer.ts";
import { type Content, contentOf, type Identity, identityOf } from "./common.ts";
import { makeToolCalls, type ToolCall } from "./tool-calls.ts";
import { reportedUsage } from "./usage.ts";

/** What a chat answer says, before a wire gives it its form. */
export type ChatParts = {
  identity: Identity;
  /** Without calls, the text; with calls there is none. */
  content: Content;
  calls: ToolCall[];
  /** Content tokens: words of the text, or fragments of the calls' arguments. */
  tokens: number;
  /** Text of the token at `index`. */
  word(index: number): string;
  usage: ReportedUsage | null;
  /** OpenAI's word for the end. */
  finish: string;
};

export function chatPartsOf(request: MockRequest, prefix: string): ChatParts {
  const identity = identityOf(request, prefix);
  const content = contentOf(request, identity);
  const calls = toolCallsOf(request, identity);
  const tokens = calls.length > 0 ? calls.flatMap((call) => call.fragments).length : content.tokens;
  return {
    identity,
    content,
    calls,
    tokens,
    word: content.word,
    usage: reportedUsage(request.behaviour, { prompt: request.promptTokens, completion: tokens }),
    finish: request.behaviour.finishReason ?? usualFinish(calls, content.cut),
  };
}

function toolCallsOf(request: MockRequest, { seed }: Identity): ToolCall[] {
  const forced = request.toolChoice === "required" || isObject(request.toolChoice);
  const asked = request.answersTools && !forced ? 0 : request.behaviour.toolCalls;
  const count = asked || (forced ? 1 : 0);
  return request.tools.length === 0 || count === 0 ? [] : makeToolCalls(request.tools, { count, seed });
}

function usualFinish(calls: ToolCall[], cut: boolean): string {
  if (calls.length > 0) return "tool_calls";
  return cut ? "length" : "stop";
}
