import { hash } from "node:crypto";
import type { Answer, UnaryAnswer } from "../answer/answer.ts";
import { answerRequest } from "../answer/answer-request.ts";
import { type Behaviour, plainBehaviour } from "../behaviour/behaviour.ts";
import type { Parameter } from "../behaviour/parse-behaviour.ts";
import { carriesKey } from "../record/recorder.ts";
import { wireError } from "../wires/errors.ts";
import type { WireName } from "../wires/requests.ts";
import { type CallRoute, parseRequest } from "./parse-request.ts";

/** A request with its answer, ready to send; nothing in it depends on the time or on earlier requests. */
export type PreparedRequest = {
  wire: WireName;
  model: string | null;
  user: string | null;
  stream: boolean;
  bodySha256: string;
  bodyCarriesApiKey: boolean;
  behaviour: Behaviour;
  answer: Answer;
  /** Digest of a unary answer's body; null for a stream. */
  answerSha256: string | null;
};

/** Bodies up to this many bytes are remembered with their answers. */
const rememberedBodyBytes = 16 * 1024;
const rememberedRequests = 256;
/** Answers above this size are made again each time, so that the memory of the cache is bounded. */
const rememberedAnswerBytes = 256 * 1024;

/**
 * Makes answers, and remembers the latest: the same request has the same answer, and a benchmark sends the same
 * request again and again.
 */
export function createPreparer(): (
  route: CallRoute,
  call: { body: Buffer; parameters: readonly Parameter[] },
) => PreparedRequest {
  const remembered = new Map<string, PreparedRequest>();
  return (route, call) => {
    if (call.body.length > rememberedBodyBytes) return prepare(route, call);
    const key = `${route.wire} ${route.endpoint} ${route.address} ${call.parameters.join("&")}\n${call.body.toString("latin1")}`;
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const made = prepare(route, call);
    if (made.answer.kind === "stream" || made.answer.body.length <= rememberedAnswerBytes) {
      if (remembered.size >= rememberedRequests) remembered.clear();
      remembered.set(key, made);
    }
    return made;
  };
}

function prepare(
  route: CallRoute,
  call: { body: Buffer; parameters: readonly Parameter[] },
): PreparedRequest {
  const text = call.body.toString();
  const parsed = parseRequest(route, { body: text, parameters: call.parameters });
  const common = {
    wire: route.wire,
    bodySha256: hash("sha256", call.body),
    bodyCarriesApiKey: carriesKey(text),
  };
  if (parsed.kind === "refused") {
    return {
      ...common,
      model: parsed.model,
      user: null,
      stream: false,
      behaviour: plainBehaviour,
      ...unary(wireError(route.wire, parsed.error)),
    };
  }
  const { model, user, stream, behaviour } = parsed.request;
  const answer = answerRequest(parsed.request);
  const ready = answer.kind === "unary" ? unary(answer) : { answer, answerSha256: null };
  return { ...common, model, user, stream, behaviour, ...ready };
}

function unary(answer: UnaryAnswer): { answer: UnaryAnswer; answerSha256: string } {
  return { answer, answerSha256: hash("sha256", answer.body) };
}
