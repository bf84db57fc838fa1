import { openAiErrorBody } from "@perpetuo/contracts/errors";
import type { Dialect } from "./dialect.ts";

/** OpenAI's, which most clients speak. Source: OpenAI API reference. */
export const openAiDialect: Dialect = {
  requestIdHeader: null,
  answerIdPrefix: "chatcmpl-",
  statusOf: (error) => error.definition.status,
  errorBody: openAiErrorBody,
  // SDKs raise an error for it; a stream that merely ends looks complete to them.
  errorEvent: (body) => `data: ${JSON.stringify(body)}\n\n`,
  refusal({ status, message, code }) {
    const type = status < 500 ? "invalid_request_error" : "upstream_error";
    return { status, body: { error: { message, type, param: null, code } } };
  },
  heartbeat: null,
  passedOn: () => null,
  passesHeader: null,
};
