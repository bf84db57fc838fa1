import type { Codec, Operation } from "@perpetuo/gateway/adapter";

/**
 * A success with more bytes than this is refused: it is held whole until its log record is written. The largest batch of
 * embeddings that OpenAI takes, 2,048 vectors of 3,072 numbers, is 34 MB in base64 and some 70 MB in digits.
 */
export const mostAnswerBytes: Readonly<Record<Operation, number>> = {
  "chat-completions": 16 * 1_048_576,
  completions: 16 * 1_048_576,
  embeddings: 64 * 1_048_576,
  messages: 16 * 1_048_576,
  "count-tokens": 1_048_576,
};

/** What is wrong with a success that its codec calls malformed. */
export function malformedAnswer({ wire }: Codec): string {
  return wire === "translated"
    ? "the answer is not what the provider's API promises"
    : "the answer is not a JSON object";
}
