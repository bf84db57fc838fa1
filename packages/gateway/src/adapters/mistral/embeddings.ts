import type { AnswerContext, Codec, DecodedResponse, EncodeInput } from "../../adapter.ts";
import { textOrNull } from "../../chat/answer.ts";
import { encodeEmbeddings, neverStreams, notEmbeddings } from "../../embeddings/embedding-answer.ts";
import { readEmbeddingRequest } from "../../embeddings/embedding-request.ts";
import { parseJsonObject } from "../../json-object.ts";
import { bearerEndpoint } from "../bearer-endpoint.ts";
import { readUsage } from "./usage.ts";

/** Mistral limits the tokens of a batch, not its texts. */
const mostTexts = Number.POSITIVE_INFINITY;

/** Embeddings, translated: the dimensions have another name. Source: Mistral API reference, "Embeddings". */
export const mistralEmbeddings: Codec = {
  wire: "translated",
  endpoint: (input) => bearerEndpoint(input, "/embeddings"),
  encodeRequest,
  decodeResponse,
  streamDecoder: neverStreams,
};

/** The vectors are asked for as numbers: what its base64 holds is not documented. */
function encodeRequest({ call, upstreamModel }: EncodeInput): Buffer {
  const { texts, dimensions } = readEmbeddingRequest(call, { extras: [], mostTexts });
  return Buffer.from(
    JSON.stringify({
      model: upstreamModel,
      input: texts,
      ...(dimensions === null ? {} : { output_dimension: dimensions }),
    }),
  );
}

function decodeResponse(body: Buffer, context: AnswerContext): DecodedResponse {
  const answer = parseJsonObject(body.toString("utf8"));
  const data = answer?.["data"];
  if (!Array.isArray(data)) return notEmbeddings;
  const vectors: unknown[] = Array.from(data, () => null);
  for (const [place, entry] of data.entries()) {
    const { index, embedding } = (entry ?? {}) as { index?: unknown; embedding?: unknown };
    const at = typeof index === "number" ? index : place;
    if (at in vectors) vectors[at] = embedding;
  }
  const usage = readUsage(answer?.["usage"]);
  return encodeEmbeddings({ vectors, usage, model: textOrNull(answer?.["model"]) }, context);
}
