/** The request's head, read once. Header values are as sent; null when absent. */
export type RequestHead = {
  /** Upper case, such as `POST`. */
  method: string;
  path: string;
  /** What stands behind the path's question mark, as sent; null where the path does not look at it, or nothing is there. */
  query: string | null;
  authorization: string | null;
  apiKey: string | null;
  contentType: string | null;
  contentEncoding: string | null;
  /** Bytes; null when absent, `malformed` when it is there and no number. */
  contentLength: number | "malformed" | null;
  transferEncoding: string | null;
  requestId: string | null;
  metadata: string | null;
  timeoutMs: string | null;
  explain: string | null;
  /** The `anthropic-*` headers in order; null when there is none. */
  vendorHeaders: Header[] | null;
  /** The first header that may appear once and appears twice. */
  duplicateHeader: string | null;
};

/** Why a connection ended before its answer was complete. */
export type CloseReason = "client-gone" | "client-stalled";

/** Why an exchange is to end now: the client is not there any more, or this instance has no more time. */
export type Interruption = CloseReason | "server-stopping";

const interruptionMessages: Record<Interruption, string> = {
  "client-gone": "the client left",
  "client-stalled": "the client stopped reading",
  "server-stopping": "the instance stopped",
};

/** The interruption as a log row says it. */
export function interruptionMessage(reason: Interruption): string {
  return interruptionMessages[reason];
}

export type Header = readonly [name: string, value: string];

/** Status and headers of an answer. `closeConnection` is for answers after which the connection's state is unsure. */
export type ResponseHead = { status: number; headers: Header[]; closeConnection: boolean };

/** How the request's body ended. */
export type BodyOutcome =
  | { kind: "complete"; body: Buffer }
  | { kind: "too-large" }
  | { kind: "timed-out" }
  /** This instance has no more time. */
  | { kind: "stopping" }
  | { kind: "gone" };

/** After a write: go on, or wait for the drain listener before writing more. */
export type WriteOutcome = "flowing" | "backed-up";

/**
 * One request and its answer, as the phases see them: the socket's owner is behind it. Every method is safe to call
 * after the client has gone; it then does nothing.
 */
export type Exchange = {
  /** UUIDv7: the request's own identity. */
  readonly id: string;
  /** The client's id where it sent a well-formed one, else `id`; on every answer. */
  readonly requestId: string;
  readonly head: RequestHead;
  /** Milliseconds of the monotonic clock at which the head had arrived. */
  readonly acceptedAt: number;
  /** Settles once; the promise never rejects. */
  readonly body: Promise<BodyOutcome>;
  /** Null while the client is there. */
  readonly closed: CloseReason | null;
  /** The head has been sent, so the status can no longer change. */
  readonly started: boolean;
  /** At most one listener; called at once when the client has gone already. */
  onInterruption(listener: (reason: Interruption) => void): void;
  /** Called each time when everything written has left the gateway's own buffers after a backed-up write. */
  onDrain(listener: () => void): void;
  /** Sends a whole answer. */
  respond(head: ResponseHead, body: Buffer | string): void;
  /** Sends the head and the first bytes of a stream. */
  start(head: ResponseHead, first: Buffer): WriteOutcome;
  write(bytes: Buffer): WriteOutcome;
  /** Ends a stream, after the bytes if there are any. */
  finish(bytes: Buffer): void;
};
