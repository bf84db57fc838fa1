import type { ReportedUsage } from "../answer/answer.ts";

/** How a request ended; `open` is not over yet. */
export type RecordedOutcome = "open" | "answered" | "cut" | "client_closed";

/** One request as the mock saw it; the shape of an item of `GET /_mock/requests`. Times are epoch milliseconds. */
export type RecordedRequest = {
  /** Counts up from 1 in order of arrival, over both ports. */
  id: number;
  port: "http" | "raw";
  method: string;
  path: string;
  /** Headers in order, duplicates kept; credentials are replaced by `sha256:` and their digest. */
  headers: [name: string, value: string][];
  /** A client's `pk_…` API key reached the provider, in any header or in the body. */
  carries_api_key: boolean;
  body_bytes: number;
  body_sha256: string;
  model: string | null;
  /** The `user` of the request's body. */
  user: string | null;
  stream: boolean;
  received_at: number;
  first_byte_at: number | null;
  finished_at: number | null;
  /** When the mock learnt that the client had closed before the answer was complete. */
  client_closed_at: number | null;
  outcome: RecordedOutcome;
  status: number | null;
  /** Bytes of the answer's body handed to the socket, without framing. */
  bytes_sent: number;
  /** Digest of those bytes, once the request is over. */
  response_sha256: string | null;
  content_tokens_sent: number;
  /** The usage that left the mock, so null when the answer ended before it. */
  usage_reported: ReportedUsage | null;
};

/** Sums over every request since the last `DELETE /_mock/requests`; the answer of `GET /_mock/totals`. */
export type RecordedTotals = {
  requests: number;
  open: number;
  outcomes: Record<RecordedOutcome, number>;
  /** Finished requests by the status that was sent; `none` for those without a head. */
  statuses: Record<string, number>;
  bytes_sent: number;
  content_tokens_sent: number;
  /** Sums of the usage that left the mock. */
  prompt_tokens: number;
  completion_tokens: number;
  requests_carrying_api_key: number;
};
