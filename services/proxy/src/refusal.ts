import type { PerpetuoError } from "@perpetuo/contracts/errors";
import type { Dialect } from "./dialects/dialect.ts";
import type { Exchange, Header } from "./exchange.ts";

/** After these the connection's state is unsure: a rest of the body may still be on its way. */
const closingStatuses = new Set([408, 413]);

export type Refusal = { error: PerpetuoError; dialect: Dialect; headers: Header[] };

/** Answers with an error of the gateway's own, in the client's envelope. */
export function sendRefusal(exchange: Exchange, { error, dialect, headers }: Refusal): void {
  const status = dialect.statusOf(error);
  const all: Header[] = [["content-type", "application/json"], ...headers];
  if (error.retryAfterSeconds !== null) all.push(["retry-after", String(Math.ceil(error.retryAfterSeconds))]);
  exchange.respond(
    { status, headers: all, closeConnection: closingStatuses.has(status) },
    JSON.stringify(dialect.errorBody(error, exchange.requestId)),
  );
}
