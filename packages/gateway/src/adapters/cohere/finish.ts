import { type AnswerEnd, endedIn, finished } from "../../chat/answer.ts";

/** Cohere's `finish_reason` in OpenAI's words. `ERROR`, `TIMEOUT` and what is not known are failures. */
export function answerEnd(word: unknown): AnswerEnd {
  switch (word) {
    case "COMPLETE":
    case "STOP_SEQUENCE":
      return finished("stop");
    case "MAX_TOKENS":
      return finished("length");
    case "TOOL_CALL":
      return finished("tool_calls");
    default:
      return endedIn(word);
  }
}
