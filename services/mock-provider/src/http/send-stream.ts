import type { StreamAnswer } from "../answer/answer.ts";
import { cutConnection, type Exchange, finishExchange, noteSent, writeHead } from "./exchange.ts";

/** How a stream ends after its last content frame. */
export type StreamEnding =
  | { kind: "complete" }
  /** Ends the HTTP message as it should be, after the text (an error event, or nothing) and without `[DONE]`. */
  | { kind: "message-end"; text: string }
  /** Closes the connection inside the message. */
  | { kind: "connection-close" }
  /** Sends nothing more and leaves the connection open. */
  | { kind: "hang" };

export type StreamPlan = {
  answer: StreamAnswer;
  paceMs: number;
  /** Content frames to send before the ending. */
  frames: number;
  ending: StreamEnding;
};

/** Bytes written in one turn of the event loop, so that an endless stream does not starve the others. */
const bytesPerTurn = 64 * 1024;

/**
 * uWebSockets.js closes a connection when a write has been waiting for ten seconds, and each further write starts
 * that time again. While the reader stands still, one frame in five seconds keeps the connection.
 */
const stalledWriteMs = 5000;

/** Sends a stream frame by frame, no faster than its pace and no faster than the reader takes it. */
export function sendStream(exchange: Exchange, plan: StreamPlan): void {
  let index = 0;
  let timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  const wait = (milliseconds: number): void => {
    timer = setTimeout(advance, milliseconds);
  };
  exchange.release = () => {
    clearTimeout(timer as NodeJS.Timeout);
    clearImmediate(timer as NodeJS.Immediate);
  };

  function advance(): void {
    if (exchange.closed) return;
    exchange.response.cork(() => {
      let written = 0;
      while (index < plan.frames) {
        const frame = plan.answer.contentFrame(index++);
        written += frame.length;
        if (!writePiece(exchange, frame, 1)) return wait(stalledWriteMs);
        if (plan.paceMs > 0 && index < plan.frames) return wait(plan.paceMs);
        if (written >= bytesPerTurn) {
          timer = setImmediate(advance);
          return;
        }
      }
      end(exchange, plan);
    });
  }

  exchange.response.onWritable(() => {
    exchange.release?.();
    advance();
    return true;
  });
  exchange.response.cork(() => {
    writeHead(exchange, plan.answer);
    if (plan.answer.opening !== "") writePiece(exchange, plan.answer.opening, 0);
    if (plan.paceMs > 0 && plan.frames > 0) wait(plan.paceMs);
    else advance();
  });
}

function writePiece(exchange: Exchange, text: string, tokens: number): boolean {
  noteSent(exchange, { text, tokens });
  return exchange.response.write(text);
}

function end(exchange: Exchange, plan: StreamPlan): void {
  switch (plan.ending.kind) {
    case "complete":
      noteSent(exchange, { text: plan.answer.closing, tokens: 0 });
      exchange.record.usage_reported = plan.answer.usage;
      exchange.response.end(plan.answer.closing);
      finishExchange(exchange, "answered");
      break;
    case "message-end":
      noteSent(exchange, { text: plan.ending.text, tokens: 0 });
      exchange.response.end(plan.ending.text);
      finishExchange(exchange, "cut");
      break;
    case "connection-close":
      cutConnection(exchange);
      break;
    case "hang":
      exchange.release = null;
      break;
  }
}
