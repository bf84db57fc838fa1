import type { AnswerContext, Codec, DecodedResponse, EncodeInput } from "../../adapter.ts";
import { textOrNull } from "../../chat/answer.ts";
import { unsupported } from "../../chat/read-chat-request.ts";
import { encodeEmbeddings, neverStreams, notEmbeddings } from "../../embeddings/embedding-answer.ts";
import { readEmbeddingRequest } from "../../embeddings/embedding-request.ts";
import { parseJsonObject } from "../../json-object.ts";
import { methodEndpoint } from "./method-endpoint.ts";
import { readUsage } from "./usage.ts";

/** Google refuses more with "at most 100 requests can be in one batch". */
const mostTexts = 100;

/** Cohere's words for what the vectors are for, by which clients of several providers ask. */
const taskTypes: Readonly<Record<string, string>> = {
  search_document: "RETRIEVAL_DOCUMENT",
  search_query: "RETRIEVAL_QUERY",
  classification: "CLASSIFICATION",
  clustering: "CLUSTERING",
};

/** Embeddings, translated. Source: Gemini API reference, "Embeddings". */
export const googleEmbeddings: Codec = {
  wire: "translated",
  endpoint: (input) => methodEndpoint(input, "batchEmbedContents"),
  encodeRequest,
  decodeResponse,
  streamDecoder: neverStreams,
};

function encodeRequest({ call, upstreamModel }: EncodeInput): Buffer {
  const { texts, dimensions, extras } = readEmbeddingRequest(call, { extras: ["input_type"], mostTexts });
  const common = {
    model: `models/${upstreamModel}`,
    ...(dimensions === null ? {} : { outputDimensionality: dimensions }),
    ...taskType(extras["input_type"]),
  };
  const requests = texts.map((text) => ({ ...common, content: { parts: [{ text }] } }));
  return Buffer.from(JSON.stringify({ requests }));
}

function taskType(inputType: unknown): object {
  if (inputType === undefined) return {};
  const type = typeof inputType === "string" ? taskTypes[inputType] : undefined;
  if (type === undefined)
    throw unsupported("input_type", `it is none of ${Object.keys(taskTypes).join(", ")}`);
  return { taskType: type };
}

/** Models before `gemini-embedding-2` do not count tokens. */
function decodeResponse(body: Buffer, context: AnswerContext): DecodedResponse {
  const answer = parseJsonObject(body.toString("utf8"));
  const embeddings = answer?.["embeddings"];
  if (!Array.isArray(embeddings)) return notEmbeddings;
  const vectors = embeddings.map((embedding) => (embedding as { values?: unknown } | null)?.values);
  const usage = readUsage(answer?.["usageMetadata"]);
  return encodeEmbeddings({ vectors, usage, model: textOrNull(answer?.["modelVersion"]) }, context);
}
