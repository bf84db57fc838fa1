import type { UnaryAnswer } from "../answer/answer.ts";
import { errorEvent } from "../answer/answer.ts";
import { type ErrorText, errorAnswer, errorBody } from "../answer/error-answer.ts";
import { namedEvent } from "./events.ts";
import type { WireName } from "./requests.ts";

/** An error's body in each wire's words. */
const bodies: Record<WireName, (error: ErrorText) => string> = {
  openai: errorBody,
  anthropic: (error) => JSON.stringify(anthropicError(error)),
  google: (error) => JSON.stringify(googleError(error)),
  cohere: ({ message }) => JSON.stringify({ message }),
  mistral: ({ message, type, code }) => JSON.stringify({ object: "error", message, type, param: null, code }),
};

const anthropicTypes: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

const googleStatuses: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

/** The whole answer for an error; `headers` are added to the usual ones. */
export function wireError(wire: WireName, error: ErrorText, headers: [string, string][] = []): UnaryAnswer {
  return { ...errorAnswer(error, headers), body: Buffer.from(`${bodies[wire](error)}\n`) };
}

/** The event by which the wire tells of a failure inside a stream whose status was 200 already. */
export function wireErrorEvent(wire: WireName, error: ErrorText): string {
  if (wire === "anthropic") return namedEvent(anthropicError(error));
  // Cohere has no error event: a message ends in an error.
  if (wire === "cohere")
    return namedEvent({ type: "message-end", delta: { finish_reason: "ERROR", error: error.message } });
  if (wire === "mistral") return errorEvent(errorBody(error));
  return errorEvent(bodies[wire](error));
}

function anthropicError({ status, type, message, code }: ErrorText) {
  const usual = anthropicTypes[status] ?? "api_error";
  return { type: "error" as const, error: { type: code === "insufficient_quota" ? type : usual, message } };
}

function googleError({ status, message }: ErrorText) {
  return { error: { code: status, message, status: googleStatuses[status] ?? "INTERNAL" } };
}
