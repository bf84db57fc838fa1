import type { Behaviour } from "../behaviour/behaviour.ts";
import type { UnaryAnswer } from "./answer.ts";

/** An error as OpenAI words it. */
export type ErrorText = {
  status: number;
  type: string;
  code: string | null;
  message: string;
  param?: string;
};

const unknownError: ErrorText = {
  status: 500,
  type: "server_error",
  code: null,
  message: "The server had an error while processing your request. Sorry about that!",
};

const errorByStatus: Record<number, Omit<ErrorText, "status">> = {
  400: { type: "invalid_request_error", code: null, message: "We could not parse the body of your request." },
  401: { type: "invalid_request_error", code: "invalid_api_key", message: "Incorrect API key provided." },
  403: { type: "invalid_request_error", code: "unsupported_country", message: "Country not supported." },
  404: { type: "invalid_request_error", code: "model_not_found", message: "The model does not exist." },
  413: { type: "invalid_request_error", code: "payload_too_large", message: "Request too large." },
  422: { type: "invalid_request_error", code: "unprocessable", message: "The request cannot be processed." },
  429: {
    type: "requests",
    code: "rate_limit_exceeded",
    message: "Rate limit reached for requests per min. Please try again later.",
  },
  503: { type: "server_error", code: "overloaded", message: "The engine is currently overloaded." },
  529: { type: "overloaded_error", code: "overloaded", message: "Overloaded." },
};

/** The error that a behaviour asks for with `status`, `error_code`, `error_type` and `error_message`. */
export function errorTextOf(behaviour: Behaviour, status: number): ErrorText {
  const usual = errorByStatus[status] ?? unknownError;
  return {
    status,
    type: behaviour.error.type ?? usual.type,
    code: behaviour.error.code ?? usual.code,
    message: behaviour.error.message ?? usual.message,
  };
}

export function errorBody(error: ErrorText): string {
  const { message, type, code, param } = error;
  return JSON.stringify({ error: { message, type, param: param ?? null, code } });
}

/** The whole answer for an error; `headers` are added to the usual ones. */
export function errorAnswer(error: ErrorText, headers: [string, string][] = []): UnaryAnswer {
  return {
    kind: "unary",
    status: error.status,
    headers: [["content-type", "application/json"], ...headers],
    body: Buffer.from(`${errorBody(error)}\n`),
    contentTokens: 0,
    usage: null,
  };
}
