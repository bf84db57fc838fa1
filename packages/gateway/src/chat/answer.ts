import type { Usage } from "@perpetuo/contracts/usage";

/** Why an answer ended, in OpenAI's words. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter";

/** How an answer ended: for a reason that the client can use, or in a failure, which must never look like a stop. */
export type AnswerEnd = { kind: "finished"; reason: FinishReason } | { kind: "failed"; message: string };

export function finished(reason: FinishReason): AnswerEnd {
  return { kind: "finished", reason };
}

/** `word` is the provider's own for what happened. */
export function endedIn(word: unknown): AnswerEnd {
  return { kind: "failed", message: `the provider ended the answer with ${String(word).slice(0, 100)}` };
}

/** What the gateway says of an answer that the provider's wire does not: pure functions read no clock. */
export type AnswerIdentity = {
  /** Stands in for the provider's id where it gives none. */
  id: string;
  /** Epoch seconds. */
  created: number;
  /** Stands in for the model's name where the answer has none. */
  model: string;
};

/** `extra` is what the provider wants to see again with the call, such as a signature. */
export type AnsweredToolCall = { id: string; name: string; arguments: string; extra?: ExtraContent };

/** By provider. Google's own OpenAI endpoint has the same field. */
export type ExtraContent = { google: { thought_signature: string } };

/** One whole answer, whatever the provider's wire. */
export type ChatAnswer = {
  id: string | null;
  model: string | null;
  text: string | null;
  reasoning: string | null;
  refusal: string | null;
  toolCalls: AnsweredToolCall[];
  end: AnswerEnd;
  /** What the client is shown. */
  usage: Usage | null;
};

/** OpenAI's `chat.completion` object. */
export function completionObject(answer: ChatAnswer, identity: AnswerIdentity): object {
  const { text, reasoning, refusal, toolCalls, end } = answer;
  const message = {
    role: "assistant",
    content: text,
    refusal,
    ...(reasoning === null ? {} : { reasoning_content: reasoning }),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(toolCallObject) }),
  };
  return {
    id: answer.id ?? identity.id,
    object: "chat.completion",
    created: identity.created,
    model: answer.model ?? identity.model,
    choices: [
      { index: 0, message, logprobs: null, finish_reason: end.kind === "finished" ? end.reason : "stop" },
    ],
    ...(answer.usage === null ? {} : { usage: usageObject(answer.usage) }),
  };
}

function toolCallObject({ id, name, arguments: text, extra }: AnsweredToolCall) {
  return { id, type: "function", function: { name, arguments: text }, ...extraField(extra) };
}

/** The field of a tool call that holds what is to be sent back with it. */
export function extraField(extra: ExtraContent | undefined): { extra_content?: ExtraContent } {
  return extra === undefined ? {} : { extra_content: extra };
}

/** OpenAI's `usage`: the parts are within the sums, so that prompt and completion make the total. */
export function usageObject(usage: Usage) {
  return {
    prompt_tokens: usage.input_tokens,
    completion_tokens: usage.output_tokens,
    total_tokens: usage.input_tokens + usage.output_tokens,
    prompt_tokens_details: {
      cached_tokens: usage.cached_input_tokens,
      ...(usage.cache_write_tokens === undefined ? {} : { cache_write_tokens: usage.cache_write_tokens }),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoning_tokens },
  };
}

/** A text that says something; null for anything else, an empty one too. */
export function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
