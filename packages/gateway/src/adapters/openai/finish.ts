import { type AnswerEnd, endedIn, finished } from "../../chat/answer.ts";

/**
 * A `finish_reason` of OpenAI's wire, which many hosts speak, each with words of its own. What is not known is a failure:
 * among such words are those for an overloaded or aborted model.
 */
export function answerEnd(word: unknown): AnswerEnd {
  switch (word) {
    case "stop":
    case "eos":
    case "eos_token":
    case "stop_sequence":
    case "end_turn":
      return finished("stop");
    case "length":
    case "max_tokens":
    case "model_length":
      return finished("length");
    case "tool_calls":
    case "function_call":
      return finished("tool_calls");
    case "content_filter":
      return finished("content_filter");
    default:
      return endedIn(word);
  }
}
