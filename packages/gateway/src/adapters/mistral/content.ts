import { type AnswerEnd, endedIn, finished } from "../../chat/answer.ts";

/** What a message's or a delta's `content` says: a text, or parts of text and thought. */
export type MistralContent = { text: string; reasoning: string };

export function readContent(content: unknown): MistralContent {
  if (typeof content === "string") return { text: content, reasoning: "" };
  const read: MistralContent = { text: "", reasoning: "" };
  if (!Array.isArray(content)) return read;
  for (const part of content) {
    const { type, text, thinking } = (part ?? {}) as Record<string, unknown>;
    if (type === "text" && typeof text === "string") read.text += text;
    // Thought is a list of parts of its own.
    if (type === "thinking") read.reasoning += readContent(thinking).text;
  }
  return read;
}

/** Mistral's `finish_reason` in OpenAI's words. `error` and what is not known are failures. */
export function answerEnd(word: unknown): AnswerEnd {
  switch (word) {
    case "stop":
    case "length":
    case "tool_calls":
    case "content_filter":
      return finished(word);
    case "model_length":
      return finished("length");
    default:
      return endedIn(word);
  }
}
