import { openAiErrorBody, type PerpetuoError } from "@perpetuo/contracts/errors";
import type { Exchange, Header } from "./exchange.ts";

/** After these the connection's state is unsure: a rest of the body may still be on its way. */
const closingStatuses = new Set([408, 413]);

/** Answers with an error of the gateway's own, in OpenAI's envelope. */
export function sendRefusal(exchange: Exchange, error: PerpetuoError, headers: Header[]): void {
  const { status } = error.definition;
  const all: Header[] = [["content-type", "application/json"], ...headers];
  if (error.retryAfterSeconds !== null) all.push(["retry-after", String(Math.ceil(error.retryAfterSeconds))]);
  exchange.respond(
    { status, headers: all, closeConnection: closingStatuses.has(status) },
    JSON.stringify(openAiErrorBody(error)),
  );
}
