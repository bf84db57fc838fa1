import type { AppRouter } from "@perpetuo/control/router";
import { TRPCClientError, type TRPCClientErrorLike } from "@trpc/client";

/** What control says about a refusal, as the router's own error format has it. */
type ErrorData = NonNullable<TRPCClientErrorLike<AppRouter>["data"]>;

/** The codes of `docs/errors.md`. */
export type ErrorCode = ErrorData["code"];

/**
 * Why a call failed. `answered`: control refused it; its logs hold the call under `request_id`. `unreachable`: no answer
 * of control came, so it is unknown whether a mutation ran. `unexpected`: the failure is in the calling program.
 */
export type ClientError =
  | {
      kind: "answered";
      code: ErrorCode;
      /** HTTP status of the answer. */
      status: number;
      message: string;
      request_id: string;
      /** Machine-readable particulars, such as the failing fields; null when there are none. */
      details: unknown;
    }
  | { kind: "unreachable"; message: string }
  | { kind: "unexpected"; message: string };

/** Reads what a rejected call, query or mutation says. */
export function readClientError(error: unknown): ClientError {
  if (!(error instanceof TRPCClientError)) {
    return { kind: "unexpected", message: error instanceof Error ? error.message : String(error) };
  }
  const { message } = error;
  // Something between here and control may answer in its stead, with a page of its own.
  if (!isErrorData(error.data)) return { kind: "unreachable", message };
  const { code, httpStatus, request_id, details = null } = error.data;
  return { kind: "answered", code, status: httpStatus, message, request_id, details };
}

function isErrorData(data: unknown): data is ErrorData {
  return (
    typeof data === "object" &&
    data !== null &&
    "code" in data &&
    typeof data.code === "string" &&
    "httpStatus" in data &&
    typeof data.httpStatus === "number" &&
    "request_id" in data &&
    typeof data.request_id === "string"
  );
}
