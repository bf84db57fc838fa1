import type { AnswerContext } from "@perpetuo/gateway/adapter";
import type { AnswerIdentity } from "@perpetuo/gateway/chat/answer";
import type { UpstreamFailure } from "@perpetuo/gateway/failure";
import type { AttemptCallInput, FailedAnswer } from "./answer.ts";
import type { Header } from "./exchange.ts";

/** The client's request as the target's provider wants it. Throws `PerpetuoError` for what the wire cannot carry. */
export function encodeForTarget({ call, target, receipt }: AttemptCallInput): Buffer {
  const { adapter, upstreamModel, providerKey } = target;
  const price = receipt.principal?.config.price(providerKey.provider, upstreamModel);
  return adapter.encodeRequest({ call, upstreamModel, maxOutputTokens: price?.max_output_tokens ?? null });
}

/** Stands where nothing is translated, so that nothing is made for it. */
const unread: AnswerIdentity = { id: "", created: 0, model: "" };

/** What an answer's translation says where the provider does not. */
export function answerContext({ call, target, receipt }: AttemptCallInput): AnswerContext {
  if (target.adapter.wire === "pass-through") return { call, identity: unread };
  const created = Math.floor(receipt.createdAt / 1_000);
  return { call, identity: { id: `chatcmpl-${receipt.id}`, created, model: target.upstreamModel } };
}

/** A provider's refusal for the client: as it came on the client's own wire, else in its envelope. */
export function refusalFor(
  { target }: AttemptCallInput,
  failure: UpstreamFailure,
  answer: FailedAnswer,
): FailedAnswer {
  if (target.adapter.wire === "pass-through") return answer;
  const { status } = answer;
  const type = status < 500 ? "invalid_request_error" : "upstream_error";
  const error = { message: failure.message, type, param: null, code: failure.code };
  const kept = answer.headers.filter(([name]) => !name.startsWith("content-"));
  const headers: Header[] = [...kept, ["content-type", "application/json"]];
  if (failure.retryAfterSeconds !== null && !kept.some(([name]) => name === "retry-after")) {
    headers.push(["retry-after", String(Math.ceil(failure.retryAfterSeconds))]);
  }
  return { status, headers, body: Buffer.from(JSON.stringify({ error })) };
}
