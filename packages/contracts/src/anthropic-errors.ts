/** The `type` of an error in Anthropic's envelope. Source: Anthropic API reference, "Errors". */
export type AnthropicErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "billing_error"
  | "permission_error"
  | "not_found_error"
  | "request_too_large"
  | "rate_limit_error"
  | "timeout_error"
  | "overloaded_error"
  | "api_error";

const types: Readonly<Record<number, AnthropicErrorType>> = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  408: "timeout_error",
  413: "request_too_large",
  429: "rate_limit_error",
  503: "overloaded_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** The type that belongs to an HTTP status. */
export function anthropicErrorType(status: number): AnthropicErrorType {
  return types[status] ?? (status < 500 ? "invalid_request_error" : "api_error");
}

/** Anthropic has a status of its own for "come back later", which its clients wait upon. */
export function anthropicStatus(status: number): number {
  return status === 503 ? 529 : status;
}

export type AnthropicErrorBody = {
  type: "error";
  error: { type: AnthropicErrorType; message: string };
  /** Absent where the gateway does not know the request, such as in a decoder. */
  request_id?: string;
};

/** Anthropic's error envelope. */
export function anthropicErrorBody(
  type: AnthropicErrorType,
  message: string,
  requestId?: string,
): AnthropicErrorBody {
  return {
    type: "error",
    error: { type, message },
    ...(requestId === undefined ? {} : { request_id: requestId }),
  };
}
