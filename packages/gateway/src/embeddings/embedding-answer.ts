import type { Usage } from "@perpetuo/contracts/usage";
import type { AnswerContext, DecodedResponse, ModelCall } from "../adapter.ts";
import { estimateInputTokens } from "../price.ts";
import { promptBytes } from "../prompt-bytes.ts";
import { readTextInput } from "../text-input.ts";
import { vectorFormat } from "./embedding-request.ts";
import { toFormat } from "./vectors.ts";

/** What a provider answered: one vector for each text, in the texts' order, numbers or base64. */
export type EmbeddingAnswer = {
  vectors: readonly unknown[];
  /** Null when the provider does not count. */
  usage: Usage | null;
  model: string | null;
};

/**
 * OpenAI's list of embeddings, in the format that the client asked for. Malformed when a vector is none, or when there
 * are not as many as texts: a client that took them in order would file one text under another's vector.
 *
 * OpenAI's clients rely on `usage`; where the provider does not count, it shows the estimate by which the call is billed.
 */
export function encodeEmbeddings(
  { vectors, usage, model }: EmbeddingAnswer,
  { call, identity }: AnswerContext,
): DecodedResponse {
  const format = vectorFormat(call);
  const written = vectors.map((vector) => toFormat(vector, format));
  if (written.length !== textCount(call) || written.includes(null)) return notEmbeddings;
  const counted = usage?.input_tokens ?? 0;
  const tokens = counted > 0 ? counted : estimateInputTokens(promptBytes(call));
  const answer = {
    object: "list",
    data: written.map((embedding, index) => ({ object: "embedding", index, embedding })),
    model: model ?? identity.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
  return { bytes: Buffer.from(JSON.stringify(answer)), usage, malformed: false, error: null };
}

/** For an answer that holds no embeddings, or the wrong number of them. */
export const notEmbeddings: DecodedResponse = {
  bytes: Buffer.alloc(0),
  usage: null,
  malformed: true,
  error: null,
};

/** Stands where a codec needs a decoder: a request for embeddings that asks for a stream is refused when it is read. */
export function neverStreams(): never {
  throw new Error("embeddings do not stream");
}

function textCount({ body, fields }: ModelCall): number {
  const input = fields.get("input");
  return input ? (readTextInput(body, input)?.count ?? 0) : 0;
}
