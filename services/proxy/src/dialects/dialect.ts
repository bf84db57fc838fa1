import type { PerpetuoError } from "@perpetuo/contracts/errors";
import type { UpstreamFailure } from "@perpetuo/gateway/failure";
import type { ListedName } from "@perpetuo/gateway/routing/list-models";
import type { RequestHead } from "../exchange.ts";

/** What of a client's head goes along to a provider of its own dialect. Header names are lower case. */
export type PassedHead = { query: string | null; headers: Readonly<Record<string, string>> };

/** The gateway's own words in a client's envelope. */
export type DialectError = { status: number; body: object };

/** Which part of a list is asked for, as the query says it; null: what the dialect gives unasked. */
export type ListQuery = string | null;

/**
 * What differs between the clients' dialects in what the gateway itself says. The route chooses it; the phases carry it
 * and do not look which one it is.
 */
export type Dialect = {
  /** The header that holds the request's id beside `x-request-id`; null where there is no other. */
  readonly requestIdHeader: string | null;
  /** Stands before the request's id where an answer needs an id and the provider gives none. */
  readonly answerIdPrefix: string;
  /** HTTP status of an error of the gateway's own. */
  statusOf(error: PerpetuoError): number;
  /** An error of the gateway's own. */
  errorBody(error: PerpetuoError, requestId: string): object;
  /** An error's body as the last event of a stream that has begun. */
  errorEvent(body: object): string;
  /** A refusal of a provider that speaks another dialect. */
  refusal(failure: UpstreamFailure & { status: number }, requestId: string): DialectError;
  /**
   * An event that says nothing but that the stream is alive, for clients that give a silent one up; null: none is needed. A
   * provider of this dialect sends its own.
   */
  readonly heartbeat: Buffer | null;
  /** The names that a key can ask for. Throws `PerpetuoError` (400) for a query that asks for no part of them. */
  modelList(names: readonly ListedName[], query: ListQuery): object;
  modelEntry(name: ListedName): object;
  /** Null: nothing goes along. Throws `PerpetuoError` (400) for a header that cannot. */
  passedOn(head: RequestHead): PassedHead | null;
  /** Headers that a provider of this dialect may send the client beside those that pass in any; null: none. */
  readonly passesHeader: ((name: string) => boolean) | null;
};
