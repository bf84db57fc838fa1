import type { HttpResponse } from "uWebSockets.js";
import { createHash, type Hash } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { RecordedOutcome, RecordedRequest } from "../record/recorded-request.ts";
import type { Recorder } from "../record/recorder.ts";

/** One request on its way to an answer. `closed` guards `response`, which must not be touched afterwards. */
export type Exchange = {
  response: HttpResponse;
  record: RecordedRequest;
  recorder: Recorder;
  closed: boolean;
  /** Digest over the body's bytes as they are sent. */
  digest: Hash | null;
  /** Stops what is waiting to be sent; null when nothing is. */
  release: (() => void) | null;
};

const statusLines = new Map<number, string>();

export function writeHead(
  exchange: Exchange,
  head: { status: number; headers: [name: string, value: string][] },
): void {
  exchange.response.writeStatus(statusLine(head.status));
  for (const [name, value] of head.headers) exchange.response.writeHeader(name, value);
  exchange.record.status = head.status;
  exchange.record.first_byte_at = Date.now();
}

/** Notes a piece of the body as sent. */
export function noteSent(exchange: Exchange, piece: { text: string | Buffer; tokens: number }): void {
  exchange.digest ??= createHash("sha256");
  exchange.digest.update(piece.text);
  exchange.record.bytes_sent += Buffer.byteLength(piece.text);
  exchange.record.content_tokens_sent += piece.tokens;
}

/** Closes the books on an exchange: no more writes, no more timers. */
export function finishExchange(exchange: Exchange, outcome: Exclude<RecordedOutcome, "open">): void {
  if (exchange.record.outcome !== "open") return;
  exchange.closed = true;
  exchange.release?.();
  exchange.record.response_sha256 ??= exchange.digest?.digest("hex") ?? null;
  exchange.recorder.finished(exchange.record, outcome);
}

/** Closes the connection inside a message, after what was written has left the cork buffer. */
export function cutConnection(exchange: Exchange): void {
  setImmediate(() => {
    if (exchange.closed) return;
    finishExchange(exchange, "cut");
    exchange.response.close();
  });
}

/** Runs `work` after `milliseconds`, unless the exchange ends first. */
export function after(exchange: Exchange, milliseconds: number, work: () => void): void {
  const timer = setTimeout(() => {
    exchange.release = null;
    work();
  }, milliseconds);
  exchange.release = () => clearTimeout(timer);
}

function statusLine(status: number): string {
  let line = statusLines.get(status);
  if (line === undefined) {
    line = `${status} ${STATUS_CODES[status] ?? "Unknown"}`;
    statusLines.set(status, line);
  }
  return line;
}
