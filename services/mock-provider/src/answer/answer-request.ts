import type { Endpoint, MockRequest } from "../request/parse-request.ts";
import { anthropicAnswer } from "../wires/anthropic.ts";
import { cohereAnswer } from "../wires/cohere.ts";
import { googleAnswer } from "../wires/google.ts";
import { mistralAnswer } from "../wires/mistral.ts";
import type { WireName } from "../wires/requests.ts";
import type { Answer } from "./answer.ts";
import { chatAnswer } from "./chat-answer.ts";
import { completionsAnswer } from "./completions-answer.ts";
import { embeddingsAnswer } from "./embeddings-answer.ts";
import { tokenCountAnswer } from "./token-count-answer.ts";

const chatAnswers: Record<WireName, (request: MockRequest) => Answer> = {
  openai: chatAnswer,
  anthropic: anthropicAnswer,
  google: googleAnswer,
  cohere: cohereAnswer,
  mistral: mistralAnswer,
};

const answers: Record<Endpoint, (request: MockRequest) => Answer> = {
  chat: (request) => chatAnswers[request.wire](request),
  completions: completionsAnswer,
  embeddings: embeddingsAnswer,
  "token-count": tokenCountAnswer,
};

/** The answer that nothing has gone wrong with. The same request always gives the same bytes. */
export function answerRequest(request: MockRequest): Answer {
  return answers[request.endpoint](request);
}
