import { hash } from "node:crypto";
import type { Answer, StreamAnswer, UnaryAnswer } from "../answer/answer.ts";
import { errorTextOf } from "../answer/error-answer.ts";
import type { Behaviour, CutManner, Failure } from "../behaviour/behaviour.ts";
import type { PreparedRequest } from "../request/prepare.ts";
import { wireError, wireErrorEvent } from "../wires/errors.ts";
import { after, cutConnection, type Exchange } from "./exchange.ts";
import { type StreamEnding, type StreamPlan, sendStream } from "./send-stream.ts";
import { sendHalf, sendTruncated, sendUnary } from "./send-unary.ts";

/** What is done on the wire for one request. */
type Reaction =
  | { kind: "nothing" }
  | { kind: "unary"; answer: UnaryAnswer; sha256: string }
  | { kind: "half"; answer: UnaryAnswer; afterwards: "close" | "hang" }
  | { kind: "truncated"; answer: UnaryAnswer }
  | { kind: "stream"; plan: StreamPlan };

/** Answers a request as its behaviour asks, with `failure` as what goes wrong this time. */
export function respond(exchange: Exchange, prepared: PreparedRequest, failure: Failure): void {
  const reaction = reactionTo(prepared, failure);
  if (prepared.behaviour.latencyMs === 0) react(exchange, reaction);
  else after(exchange, prepared.behaviour.latencyMs, () => react(exchange, reaction));
}

function react(exchange: Exchange, reaction: Reaction): void {
  switch (reaction.kind) {
    case "nothing":
      break;
    case "unary":
      sendUnary(exchange, reaction.answer, reaction.sha256);
      break;
    case "half":
      sendHalf(exchange, reaction.answer);
      if (reaction.afterwards === "close") cutConnection(exchange);
      break;
    case "truncated":
      sendTruncated(exchange, reaction.answer);
      break;
    case "stream":
      sendStream(exchange, reaction.plan);
      break;
  }
}

function reactionTo(prepared: PreparedRequest, failure: Failure): Reaction {
  const { answer, behaviour } = prepared;
  switch (failure.kind) {
    case "none":
      return answer.kind === "unary"
        ? { kind: "unary", answer, sha256: prepared.answerSha256 ?? "" }
        : stream(answer, { behaviour, frames: answer.contentCount, ending: { kind: "complete" } });
    case "status":
      return errorReaction(prepared, failure.status);
    case "first-event-error":
      return answer.kind === "unary"
        ? errorReaction(prepared, 200)
        : stream({ ...answer, opening: "" }, { behaviour, frames: 0, ending: errorEnding(prepared) });
    case "cut":
      return cutReaction(prepared, failure);
    case "hang":
      return hangReaction(answer, behaviour, failure);
  }
}

function stream(
  answer: StreamAnswer,
  course: { behaviour: Behaviour; frames: number; ending: StreamEnding },
): Reaction {
  const frames = Math.min(course.frames, answer.contentCount);
  return { kind: "stream", plan: { answer, paceMs: course.behaviour.paceMs, frames, ending: course.ending } };
}

/** An error of the usual shape; a status of 200 carries the error of a 500. */
function errorReaction({ behaviour, wire }: PreparedRequest, status: number): Reaction {
  const error = errorTextOf(behaviour, status === 200 ? 500 : status);
  const answer = { ...wireError(wire, error, behaviour.headers), status };
  return { kind: "unary", answer, sha256: hash("sha256", answer.body) };
}

function cutReaction(prepared: PreparedRequest, cut: { afterChunks: number; manner: CutManner }): Reaction {
  const { answer, behaviour } = prepared;
  if (answer.kind === "unary") {
    return cut.manner === "reset"
      ? { kind: "half", answer, afterwards: "close" }
      : { kind: "truncated", answer };
  }
  const endings: Record<CutManner, StreamEnding> = {
    reset: { kind: "connection-close" },
    end: { kind: "message-end", text: "" },
    error: errorEnding(prepared),
  };
  return stream(answer, { behaviour, frames: cut.afterChunks, ending: endings[cut.manner] });
}

function hangReaction(
  answer: Answer,
  behaviour: Behaviour,
  hang: { place: "head" | "stream"; afterChunks: number },
): Reaction {
  if (hang.place === "head") return { kind: "nothing" };
  if (answer.kind === "unary") return { kind: "half", answer, afterwards: "hang" };
  return stream(answer, { behaviour, frames: hang.afterChunks, ending: { kind: "hang" } });
}

function errorEnding({ behaviour, wire }: PreparedRequest): StreamEnding {
  return { kind: "message-end", text: wireErrorEvent(wire, errorTextOf(behaviour, 500)) };
}
