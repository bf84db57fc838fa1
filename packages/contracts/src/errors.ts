/** Whose fault an error is; alerting reads this. */
export type ErrorSource = "client" | "gateway" | "upstream";

/** Whether a caller may repeat the request: never as it is, later, or at once. */
export type RetryAdvice = "never" | "later" | "now";

export type ErrorDefinition = {
  /** HTTP status of the answer. */
  status: number;
  /** The `type` member of OpenAI's error envelope. */
  type:
    | "invalid_request_error"
    | "authentication_error"
    | "permission_error"
    | "not_found_error"
    | "rate_limit_error"
    | "insufficient_quota"
    | "server_error"
    | "upstream_error";
  source: ErrorSource;
  retry: RetryAdvice;
  /** The text that a caller sees unless the place that raises the error has a more precise one. Never upstream text. */
  message: string;
};

const client = (status: number, type: ErrorDefinition["type"], message: string): ErrorDefinition => ({
  status,
  type,
  source: "client",
  retry: "never",
  message,
});

const gateway = (status: number, message: string): ErrorDefinition => ({
  status,
  type: "server_error",
  source: "gateway",
  retry: "later",
  message,
});

const upstream = (status: number, message: string, retry: RetryAdvice = "never"): ErrorDefinition => ({
  status,
  type: "upstream_error",
  source: "upstream",
  retry,
  message,
});

/**
 * Every error that Perpetuo itself makes, on both surfaces: the gateway wraps a code in OpenAI's envelope, control in
 * its own. `docs/errors.md` lists the same codes; a test holds the two together.
 */
export const errorTable = {
  // Requests
  invalid_request: client(400, "invalid_request_error", "The request is not valid."),
  invalid_json: client(400, "invalid_request_error", "The body is not valid JSON."),
  missing_field: client(400, "invalid_request_error", "A required field is missing."),
  duplicate_field: client(400, "invalid_request_error", "A field that decides routing appears twice."),
  ambiguous_credentials: client(400, "invalid_request_error", "Send exactly one credential."),
  duplicate_header: client(400, "invalid_request_error", "A header that may appear once appears twice."),
  unsupported_value: client(
    400,
    "invalid_request_error",
    "The target model's provider cannot honour this value.",
  ),
  not_found: client(404, "not_found_error", "There is nothing here."),
  method_not_allowed: client(405, "invalid_request_error", "This path does not answer that method."),
  request_timeout: {
    ...client(408, "invalid_request_error", "The body did not arrive in time."),
    retry: "now",
  },
  conflict: client(409, "invalid_request_error", "The request contradicts the present state."),
  draft_invalid: client(
    409,
    "invalid_request_error",
    "The routes and policies have faults, so they cannot be published.",
  ),
  email_taken: client(
    409,
    "invalid_request_error",
    "An account with this e-mail address exists. Log in instead.",
  ),
  last_owner: client(
    409,
    "invalid_request_error",
    "A workspace needs an owner. Make somebody else an owner first.",
  ),
  payload_too_large: client(413, "invalid_request_error", "The body is larger than the limit."),
  unsupported_media_type: client(415, "invalid_request_error", "Send an uncompressed application/json body."),
  headers_too_large: client(431, "invalid_request_error", "The header block is larger than the limit."),
  client_closed_request: client(
    499,
    "invalid_request_error",
    "The client left before the answer was complete.",
  ),
  // Identity and rights
  invalid_api_key: client(401, "authentication_error", "Incorrect API key provided."),
  unauthenticated: client(401, "authentication_error", "Log in first."),
  invalid_credentials: client(401, "authentication_error", "The e-mail address or the password is wrong."),
  password_too_common: client(
    400,
    "invalid_request_error",
    "This password is among the first that an attacker tries. Choose another one.",
  ),
  link_invalid: client(
    404,
    "not_found_error",
    "The link is not valid. It has been used, withdrawn or replaced, or has expired.",
  ),
  forbidden: client(403, "permission_error", "Your role or key does not allow this."),
  csrf_rejected: client(403, "permission_error", "The request did not come from an allowed origin."),
  insufficient_scope: client(403, "permission_error", "This API key lacks the scope that the call needs."),
  // Models and limits
  model_not_found: client(
    404,
    "not_found_error",
    "No enabled provider key of this workspace serves the model.",
  ),
  model_price_unknown: client(403, "permission_error", "The model has no known price, which a budget needs."),
  model_not_allowed: client(403, "permission_error", "This API key is not allowed to use the model."),
  rate_limit_exceeded: {
    ...client(429, "rate_limit_error", "Too many requests. Wait, then try again."),
    retry: "later",
  },
  insufficient_quota: client(429, "insufficient_quota", "The budget is spent."),
  // The gateway itself
  internal_error: gateway(500, "Something failed inside Perpetuo. The request id finds it in the logs."),
  auth_unavailable: gateway(503, "The key could not be checked because the database is unreachable."),
  overloaded: gateway(503, "The gateway is at its limit. Wait, then try again."),
  server_shutdown: gateway(503, "This instance is shutting down."),
  spool_full: gateway(503, "The request log cannot be written, so requests are refused."),
  not_ready: gateway(503, "The service is starting or its database is unreachable."),
  // Providers
  upstream_auth: upstream(502, "The provider refused the workspace's provider key."),
  upstream_unreachable: upstream(502, "The provider could not be reached.", "later"),
  upstream_timeout: upstream(504, "The provider did not answer in time.", "later"),
  upstream_error: upstream(502, "The provider answered with an error.", "later"),
  upstream_rate_limited: {
    ...upstream(429, "The provider refuses further requests of its provider key for now.", "later"),
    type: "rate_limit_error",
  },
  upstream_unavailable: upstream(503, "The provider has been failing and is asked again soon.", "later"),
  upstream_redirect: upstream(502, "The provider answered with a redirect, which is not followed."),
  upstream_invalid_response: upstream(502, "The provider's answer was not valid.", "later"),
  upstream_stream_interrupted: upstream(502, "The provider's stream ended before it was complete.", "now"),
  upstream_address_refused: upstream(
    502,
    "The provider key's base URL points to an address that is not allowed.",
  ),
  upstream_response_too_large: upstream(502, "The provider's answer is larger than the gateway's limit."),
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof errorTable;

/** What a raised error may add to its row of the table. */
export type ErrorOptions = {
  /** Public text, more precise than the table's. Never built from upstream text or secrets. */
  message?: string;
  /** The field or header at fault. */
  param?: string;
  /** For operators: goes to the log, never to the caller. */
  internal?: string;
  /** Seconds after which a retry makes sense. */
  retryAfterSeconds?: number;
  /** Machine-readable particulars for the caller, such as the failing fields. */
  details?: unknown;
  cause?: unknown;
};

/** An error with a public code: what, whose fault, whether to retry, and why. */
export class PerpetuoError extends Error {
  override readonly name = "PerpetuoError";
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly internal: string | null;
  readonly retryAfterSeconds: number | null;
  readonly details: unknown;

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    super(options.message ?? errorTable[code].message, { cause: options.cause });
    this.code = code;
    this.param = options.param ?? null;
    this.internal = options.internal ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
    this.details = options.details;
  }

  get definition(): ErrorDefinition {
    return errorTable[this.code];
  }
}

/** OpenAI's error envelope, which the gateway puts on everything that it says itself. */
export type OpenAiErrorBody = {
  error: { message: string; type: string; param: string | null; code: string | null };
};

export function openAiErrorBody(error: PerpetuoError): OpenAiErrorBody {
  return {
    error: { message: error.message, type: error.definition.type, param: error.param, code: error.code },
  };
}
