import type { Socket } from "node:net";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { messageForLog } from "@perpetuo/runtime/redaction";
import { uuidv7 } from "@perpetuo/runtime/uuidv7";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { toPerpetuoError, toPublicError } from "../errors.ts";
import { allowedMethods } from "../rest/allowed-methods.ts";
import { failure } from "../rest/envelope.ts";

/** Puts the envelope on everything that fails: what procedures refuse, what Fastify refuses, and what is not there. */
export function handleFailures(server: FastifyInstance): void {
  server.setErrorHandler((thrown, request, reply) => sendFailure(toPerpetuoError(thrown), request, reply));
  server.setNotFoundHandler((request, reply) => {
    const allowed = allowedMethods(request.url.split("?")[0] ?? "");
    if (allowed.length === 0) return sendFailure(nothingHere(), request, reply);
    void reply.header("allow", allowed.join(", "));
    return sendFailure(new PerpetuoError("method_not_allowed"), request, reply);
  });
}

function nothingHere(): PerpetuoError {
  return new PerpetuoError("not_found", { message: "There is nothing here. The calls are listed at /docs." });
}

/** Logs a failure and answers with it. */
export function sendFailure(
  error: PerpetuoError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  reportFailure(request.log, error);
  return answerFailure(error, request, reply);
}

/** Answers with the envelope, the table's status and, where waiting helps, `retry-after`. */
export function answerFailure(
  error: PerpetuoError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error.retryAfterSeconds !== null) void reply.header("retry-after", error.retryAfterSeconds);
  return reply
    .code(error.definition.status)
    .header("cache-control", "no-store")
    .header("x-request-id", request.id)
    .send(failure(toPublicError(error, request.id)));
}

/** Faults of ours go to the log with their cause; those of callers are told to the callers. */
export function reportFailure(log: FastifyBaseLogger, error: PerpetuoError): void {
  const { code, internal, cause } = error;
  if (code === "internal_error") {
    log.error({ code, internal, error: cause ?? error }, "A call failed.");
  } else if (error.definition.status >= 500) {
    const reason = internal ?? (cause instanceof Error ? messageForLog(cause) : null);
    log.warn({ code, reason }, "A call could not be served.");
  } else {
    log.debug({ code, reason: error.message }, "A call was refused.");
  }
}

/** Answers a request that Node's parser refuses before Fastify sees it. */
export function answerParserError(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy(error);
    return;
  }
  const refusal = new PerpetuoError(codeOfParserError(error.code));
  const requestId = uuidv7();
  const body = JSON.stringify(failure(toPublicError(refusal, requestId)));
  socket.end(
    `HTTP/1.1 ${refusal.definition.status} Refused\r\nx-request-id: ${requestId}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function codeOfParserError(
  code: string | undefined,
): "headers_too_large" | "request_timeout" | "invalid_request" {
  if (code === "HPE_HEADER_OVERFLOW") return "headers_too_large";
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? "request_timeout" : "invalid_request";
}
