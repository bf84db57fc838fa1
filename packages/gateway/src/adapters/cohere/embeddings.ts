import type { AnswerContext, Codec, DecodedResponse, EncodeInput } from "../../adapter.ts";
import { encodeEmbeddings, neverStreams, notEmbeddings } from "../../embeddings/embedding-answer.ts";
import { readEmbeddingRequest } from "../../embeddings/embedding-request.ts";
import { parseJsonObject } from "../../json-object.ts";
import { bearerEndpoint } from "../bearer-endpoint.ts";
import { readUsage } from "./usage.ts";

const mostTexts = 96;

/**
 * What the vectors are for, where the client does not say. Models from version 3 on need to be told; with one answer for
 * documents and queries alike, vectors that the same client makes can be compared.
 */
const inputType = "search_document";

/** Embeddings, translated. Source: Cohere API reference, "Embed", version 2. */
export const cohereEmbeddings: Codec = {
  wire: "translated",
  endpoint: (input) => bearerEndpoint(input, "/v2/embed"),
  encodeRequest,
  decodeResponse,
  streamDecoder: neverStreams,
};

function encodeRequest({ call, upstreamModel }: EncodeInput): Buffer {
  const { texts, dimensions, format, extras } = readEmbeddingRequest(call, {
    extras: ["input_type", "truncate"],
    mostTexts,
  });
  return Buffer.from(
    JSON.stringify({
      model: upstreamModel,
      texts,
      input_type: inputType,
      embedding_types: [format],
      // Without a word Cohere cuts what is too long, and the vector would be that of another text.
      truncate: "NONE",
      ...(dimensions === null ? {} : { output_dimension: dimensions }),
      ...extras,
    }),
  );
}

function decodeResponse(body: Buffer, context: AnswerContext): DecodedResponse {
  const answer = parseJsonObject(body.toString("utf8"));
  const { base64, float } = (answer?.["embeddings"] ?? {}) as { base64?: unknown; float?: unknown };
  const vectors = Array.isArray(base64) ? base64 : float;
  if (!Array.isArray(vectors)) return notEmbeddings;
  const usage = readUsage(answer?.["meta"])?.billed ?? null;
  return encodeEmbeddings({ vectors, usage, model: null }, context);
}
