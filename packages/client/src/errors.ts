import { TRPCClientError } from "@trpc/client";

/**
 * Why a call failed. `answered`: control refused it, with a code of `docs/errors.md` and the id under which its logs
 * hold the call. `unreachable`: no answer of control came, so it is unknown whether a mutation ran. `unexpected`: the
 * failure is in the calling program.
 */
export type ClientError =
  | {
      kind: "answered";
      code: string;
      /** HTTP status of the answer. */
      status: number;
      message: string;
      /** Null when something in front of control answered. */
      request_id: string | null;
      /** Machine-readable particulars, such as the failing fields. */
      details: unknown;
    }
  | { kind: "unreachable"; message: string }
  | { kind: "unexpected"; message: string };

/** A field of the input that control refused. */
export type FieldError = { field: string; message: string };

/** Reads what a rejected call, query or mutation says. */
export function readClientError(error: unknown): ClientError {
  if (!(error instanceof TRPCClientError)) {
    return { kind: "unexpected", message: error instanceof Error ? error.message : String(error) };
  }
  const data: unknown = error.data;
  if (!isRecord(data)) return { kind: "unreachable", message: error.message };
  return {
    kind: "answered",
    code: typeof data.code === "string" ? data.code : "internal_error",
    status: typeof data.httpStatus === "number" ? data.httpStatus : 500,
    message: error.message,
    request_id: typeof data.request_id === "string" ? data.request_id : null,
    details: data.details ?? null,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
