import type { AnswerContext } from "@perpetuo/gateway/adapter";
import type { AnswerIdentity } from "@perpetuo/gateway/chat/answer";
import type { AttemptCallInput } from "./answer.ts";

/** The client's request as the target's provider wants it. Throws `PerpetuoError` for what the wire cannot carry. */
export function encodeForTarget({ call, target, receipt }: AttemptCallInput): Buffer {
  const { codec, upstreamModel, providerKey } = target;
  if (codec.wire === "pass-through")
    return codec.encodeRequest({ call, upstreamModel, maxOutputTokens: null });
  const price = receipt.principal?.config.price(providerKey.provider, upstreamModel);
  return codec.encodeRequest({ call, upstreamModel, maxOutputTokens: price?.max_output_tokens ?? null });
}

/** Stands where nothing is translated, so that nothing is made for it. */
const unread: AnswerIdentity = { id: "", created: 0, model: "" };

/** What an answer's translation says where the provider does not. */
export function answerContext({ call, target, receipt }: AttemptCallInput): AnswerContext {
  if (target.codec.wire === "pass-through") return { call, identity: unread };
  const created = Math.floor(receipt.createdAt / 1_000);
  return { call, identity: { id: `chatcmpl-${receipt.id}`, created, model: target.upstreamModel } };
}
