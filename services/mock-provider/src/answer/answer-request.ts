import type { Endpoint, MockRequest } from "../request/parse-request.ts";
import type { Answer } from "./answer.ts";
import { chatAnswer } from "./chat-answer.ts";
import { completionsAnswer } from "./completions-answer.ts";
import { embeddingsAnswer } from "./embeddings-answer.ts";

const answers: Record<Endpoint, (request: MockRequest) => Answer> = {
  chat: chatAnswer,
  completions: completionsAnswer,
  embeddings: embeddingsAnswer,
};

/** The answer that nothing has gone wrong with. The same request always gives the same bytes. */
export function answerRequest(request: MockRequest): Answer {
  return answers[request.endpoint](request);
}
