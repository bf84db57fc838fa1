import type { MockRequest } from "../request/parse-request.ts";
import type { UnaryAnswer } from "./answer.ts";
import { identityOf, jsonHeaders } from "./common.ts";

/** The answer to `POST /v1/messages/count_tokens`: as many as a message with the same text reports. */
export function tokenCountAnswer(request: MockRequest): UnaryAnswer {
  return {
    kind: "unary",
    status: 200,
    headers: jsonHeaders(request, identityOf(request, "count_")),
    body: Buffer.from(JSON.stringify({ input_tokens: request.promptTokens })),
    contentTokens: 0,
    usage: null,
  };
}
