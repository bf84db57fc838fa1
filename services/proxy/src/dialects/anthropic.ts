import {
  anthropicErrorBody,
  anthropicErrorType,
  anthropicStatus,
} from "@perpetuo/contracts/anthropic-errors";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { Header } from "../exchange.ts";
import { anthropicModel, anthropicModelList } from "./anthropic-models.ts";
import type { Dialect } from "./dialect.ts";

/** Anthropic's. Source: Anthropic API reference, and Claude Code's documentation, "LLM gateway protocol". */
export const anthropicDialect: Dialect = {
  requestIdHeader: "request-id",
  answerIdPrefix: "msg_",
  statusOf: (error) => anthropicStatus(error.definition.status),
  errorBody: (error, requestId) =>
    anthropicErrorBody(anthropicErrorType(error.definition.status), error.message, requestId),
  errorEvent: (body) => `event: error\ndata: ${JSON.stringify(body)}\n\n`,
  refusal({ status, message }, requestId) {
    const body = anthropicErrorBody(anthropicErrorType(status), message, requestId);
    return { status: anthropicStatus(status), body };
  },
  modelList: anthropicModelList,
  modelEntry: anthropicModel,
  heartbeat: Buffer.from('event: ping\ndata: {"type":"ping"}\n\n'),
  passedOn: ({ query, vendorHeaders }) => ({ query: passable(query), headers: joined(vendorHeaders ?? []) }),
  // The organisation is the provider account's.
  passesHeader: (name) => name === "request-id" || name.startsWith("anthropic-ratelimit-"),
};

/** Refused here: later it would look as if the provider could not be reached, and count against its health. */
function passable(query: string | null): string | null {
  if (query === null || /^[\x21-\x7e]*$/.test(query)) return query;
  throw new PerpetuoError("invalid_request", {
    message: "The query holds a character that cannot be passed on.",
  });
}

/** A header that came several times is one list (RFC 9110, 5.3). */
function joined(headers: readonly Header[]): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of headers) {
    if (!/^[\t\x20-\x7e]*$/.test(value)) {
      throw new PerpetuoError("invalid_request", {
        message: `The header '${name}' holds a character that cannot be passed on.`,
        param: name,
      });
    }
    all[name] = name in all ? `${all[name]}, ${value}` : value;
  }
  return all;
}
