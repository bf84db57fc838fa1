import type { AnswerContext } from "@perpetuo/gateway/adapter";
import type { AnswerIdentity } from "@perpetuo/gateway/chat/answer";
import type { AttemptCallInput } from "./answer.ts";
import type { PassedHead } from "./dialects/dialect.ts";
import type { Header } from "./exchange.ts";
import type { ResponseHeaders } from "./http1/response-head.ts";
import { passableHeaders } from "./upstream-headers.ts";

/** The client's request as the target's provider wants it. Throws `PerpetuoError` for what the wire cannot carry. */
export function encodeForTarget({ call, target, receipt }: AttemptCallInput): Buffer {
  const { codec, upstreamModel, providerKey } = target;
  if (codec.wire === "pass-through")
    return codec.encodeRequest({ call, upstreamModel, maxOutputTokens: null });
  const price = receipt.principal?.config.price(providerKey.provider, upstreamModel);
  return codec.encodeRequest({
    call,
    upstreamModel,
    maxOutputTokens: price?.max_output_tokens ?? null,
    capabilities: price?.capabilities,
  });
}

/** What of the client's head a provider of its own dialect gets to see. Throws `PerpetuoError` for what cannot pass. */
export function headForTarget({ exchange, target, receipt }: AttemptCallInput): PassedHead | null {
  return target.codec.wire === "pass-through" ? receipt.dialect.passedOn(exchange.head) : null;
}

/** The upstream's headers that the client may see; more of them from a provider of its own dialect. */
export function passableFrom({ target, receipt }: AttemptCallInput, headers: ResponseHeaders): Header[] {
  return passableHeaders(headers, target.codec.wire === "pass-through" ? receipt.dialect.passesHeader : null);
}

/** Stands where nothing is translated, so that nothing is made for it. */
const unread: AnswerIdentity = { id: "", created: 0, model: "" };

/** What an answer's translation says where the provider does not. */
export function answerContext({ call, target, receipt }: AttemptCallInput): AnswerContext {
  if (target.codec.wire === "pass-through") return { call, identity: unread };
  const created = Math.floor(receipt.createdAt / 1_000);
  return {
    call,
    identity: { id: receipt.dialect.answerIdPrefix + receipt.id, created, model: target.upstreamModel },
  };
}
