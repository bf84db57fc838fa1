import type { UnaryAnswer } from "../answer/answer.ts";
import { type Exchange, finishExchange, noteSent, writeHead } from "./exchange.ts";

/** Bodies up to this size go out in one call; larger ones as the reader takes them. */
const singleWriteBytes = 64 * 1024;

/** Sends a whole answer. `sha256` is the digest of its body. */
export function sendUnary(exchange: Exchange, answer: UnaryAnswer, sha256: string): void {
  exchange.record.response_sha256 = sha256;
  exchange.record.content_tokens_sent = answer.contentTokens;
  exchange.record.usage_reported = answer.usage;
  exchange.response.cork(() => {
    writeHead(exchange, answer);
    if (answer.body.length <= singleWriteBytes) {
      exchange.record.bytes_sent = answer.body.length;
      exchange.response.end(answer.body);
      finishExchange(exchange, "answered");
      return;
    }
    sendAsTaken(exchange, answer.body);
  });
}

/** Hands the body to the socket as far as it takes it, and the rest whenever it can take more. */
function sendAsTaken(exchange: Exchange, body: Buffer): void {
  const offerFrom = (offset: number): boolean => {
    const [taken, over] = exchange.response.tryEnd(body.subarray(offset), body.length);
    if (over || taken) {
      exchange.record.bytes_sent = body.length;
      finishExchange(exchange, "answered");
    } else {
      exchange.record.bytes_sent = exchange.response.getWriteOffset();
    }
    return taken || over;
  };
  exchange.response.onWritable(offerFrom);
  offerFrom(0);
}

/**
 * Sends the head and half of the body, with the content-length of the whole one.
 * The caller then closes the connection or leaves it as it is.
 */
export function sendHalf(exchange: Exchange, answer: UnaryAnswer): void {
  const half = answer.body.subarray(0, Math.floor(answer.body.length / 2));
  exchange.response.cork(() => {
    writeHead(exchange, answer);
    exchange.response.tryEnd(half, answer.body.length);
  });
  noteSent(exchange, { text: half, tokens: 0 });
}

/** Sends half of the body as if it were the whole: valid HTTP, invalid JSON. */
export function sendTruncated(exchange: Exchange, answer: UnaryAnswer): void {
  const half = answer.body.subarray(0, Math.floor(answer.body.length / 2));
  noteSent(exchange, { text: half, tokens: 0 });
  exchange.response.cork(() => {
    writeHead(exchange, answer);
    exchange.response.end(half);
  });
  finishExchange(exchange, "cut");
}
