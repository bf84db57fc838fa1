/**
 * Why a call has no whole answer: `INVALID_RESPONSE`: the bytes break HTTP/1.1, or our limits. `CONNECTION_CLOSED`: the
 * connection ended before the answer did. `STALE_CONNECTION`: the same, on a kept connection and before any byte of the
 * answer, so that the upstream most likely closed it while the request was under way. `CONNECT_TIMEOUT`: no connection
 * in time. `INVALID_REQUEST`: what was to be sent cannot be written as HTTP.
 */
export type Http1ErrorCode =
  | "HTTP1_INVALID_RESPONSE"
  | "HTTP1_CONNECTION_CLOSED"
  | "HTTP1_STALE_CONNECTION"
  | "HTTP1_CONNECT_TIMEOUT"
  | "HTTP1_INVALID_REQUEST";

export class Http1Error extends Error {
  readonly code: Http1ErrorCode;

  constructor(code: Http1ErrorCode, message: string) {
    super(message);
    this.name = "Http1Error";
    this.code = code;
  }
}

/** An answer that is refused; the message says what is wrong with it and repeats none of its bytes. */
export function invalidResponse(message: string): Http1Error {
  return new Http1Error("HTTP1_INVALID_RESPONSE", message);
}
