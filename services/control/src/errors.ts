import { type ErrorCode, PerpetuoError } from "@perpetuo/contracts/errors";
import { isUnreachable } from "@perpetuo/database/queries/control/failures";
import { TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { ZodError } from "zod";

/** One field of the input that breaks a rule. `field` is a dotted path; `rule` is zod's name of the rule. */
type FieldProblem = { field: string; rule: string; message: string };

/** What a caller learns about a failure, on both surfaces. */
export type PublicError = { code: ErrorCode; message: string; details?: unknown; request_id: string };

/** Requests of errors that tRPC throws before there is a context, which would tell the id. */
const requestIds = new WeakMap<TRPCError, string>();

/** Lets `requestIdOf` find the request that an error belongs to. */
export function noteRequestId(error: TRPCError, requestId: string): void {
  requestIds.set(error, requestId);
}

/** The id that was noted for the error. */
export function requestIdOf(error: TRPCError): string {
  return requestIds.get(error) ?? "";
}

/** The public code of what tRPC itself refuses, before or instead of a procedure. */
const codeOfTrpcError: Partial<Record<TRPCError["code"], ErrorCode>> = {
  PARSE_ERROR: "invalid_json",
  BAD_REQUEST: "invalid_request",
  NOT_FOUND: "not_found",
  METHOD_NOT_SUPPORTED: "method_not_allowed",
  UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
  PAYLOAD_TOO_LARGE: "payload_too_large",
};

/** The public code of what Fastify refuses, by its own error code. */
const codeOfFastifyError: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "payload_too_large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "invalid_request",
  FST_ERR_BAD_URL: "invalid_request",
  FST_ERR_MAX_PARAM_LENGTH: "invalid_request",
};

/** Finds the row of the error table that anything thrown belongs to; what is not known is `internal_error`. */
export function toPerpetuoError(thrown: unknown): PerpetuoError {
  if (thrown instanceof PerpetuoError) return thrown;
  if (thrown instanceof TRPCError) return fromTrpcError(thrown);
  const hostCode = codeOfHostError(thrown);
  if (hostCode !== null) return new PerpetuoError(hostCode, { cause: thrown });
  if (isUnreachable(thrown)) return new PerpetuoError("not_ready", { cause: thrown });
  return new PerpetuoError("internal_error", { cause: thrown });
}

/** The caller's view. The text of an error of ours is the table's, because any other may tell too much. */
export function toPublicError(error: PerpetuoError, requestId: string): PublicError {
  const { status, message } = error.definition;
  if (status >= 500) return { code: error.code, message, request_id: requestId };
  const body: PublicError = { code: error.code, message: error.message, request_id: requestId };
  if (error.details !== undefined) body.details = error.details;
  return body;
}

/** JSON-RPC 2.0: an internal error, upon which a subscription connects again, or an invalid request. */
export function rpcCodeOf({
  definition,
}: PerpetuoError): (typeof TRPC_ERROR_CODES_BY_KEY)[keyof typeof TRPC_ERROR_CODES_BY_KEY] {
  return definition.status >= 500
    ? TRPC_ERROR_CODES_BY_KEY.INTERNAL_SERVER_ERROR
    : TRPC_ERROR_CODES_BY_KEY.BAD_REQUEST;
}

function fromTrpcError(error: TRPCError): PerpetuoError {
  const { cause } = error;
  if (cause instanceof PerpetuoError) return cause;
  if (error.code === "BAD_REQUEST" && cause instanceof ZodError) return validationError(cause);
  if (error.code === "BAD_REQUEST" && cause instanceof SyntaxError) {
    return new PerpetuoError("invalid_json", { cause: error });
  }
  const code = codeOfTrpcError[error.code];
  if (code !== undefined) return new PerpetuoError(code, { cause: error });
  return cause === undefined ? new PerpetuoError("internal_error", { cause: error }) : toPerpetuoError(cause);
}

function validationError(error: ZodError): PerpetuoError {
  const fields = error.issues.flatMap(problemsOf);
  return new PerpetuoError("invalid_request", { ...messageOf(fields[0]), details: { fields } });
}

function messageOf(problem: FieldProblem | undefined): { message?: string } {
  if (problem === undefined) return {};
  return { message: problem.field === "" ? problem.message : `${problem.field}: ${problem.message}` };
}

/** An unknown field is reported under its own name, not under that of the object it stands in. */
function problemsOf(issue: ZodError["issues"][number]): FieldProblem[] {
  const path = issue.path.map(String);
  if (issue.code !== "unrecognized_keys") {
    return [{ field: path.join("."), rule: issue.code, message: issue.message }];
  }
  return issue.keys.map((key) => ({
    field: [...path, key].join("."),
    rule: issue.code,
    message: "There is no such field.",
  }));
}

/**
 * What Fastify and its plugins refuse carries a code of theirs or at least a status. A file outside the console's
 * folder is "forbidden" to the plugin that serves files; to a caller it is not there.
 */
function codeOfHostError(thrown: unknown): ErrorCode | null {
  if (!(thrown instanceof Error)) return null;
  const known = "code" in thrown ? codeOfFastifyError[String(thrown.code)] : undefined;
  if (known !== undefined) return known;
  const status = "statusCode" in thrown && typeof thrown.statusCode === "number" ? thrown.statusCode : 500;
  if (status === 403 || status === 404) return "not_found";
  return status >= 400 && status < 500 ? "invalid_request" : null;
}
