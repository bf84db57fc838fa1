import type { AnswerContext, DecodedResponse } from "../../adapter.ts";
import { type VectorFormat, vectorFormat } from "../../embeddings/embedding-request.ts";
import { toFormat } from "../../embeddings/vectors.ts";
import { parseJsonObject } from "../../json-object.ts";
import { decodeResponse } from "./decode-response.ts";
import { readUsage } from "./usage.ts";

const embeddingKey = Buffer.from('"embedding"');
const quote = 0x22;
const colon = 0x3a;
const space = 0x20;

/** A larger answer would hold the thread for too long while it is written anew. */
const mostConvertedBytes = 16 * 1_048_576;

/**
 * Embeddings stay byte for byte what came, but for a server of OpenAI's wire that does not know `encoding_format`: OpenAI's
 * own clients ask for base64 unasked, and take numbers for the bytes of floats.
 */
export function decodeEmbeddings(body: Buffer, { call }: AnswerContext): DecodedResponse {
  const wanted = vectorFormat(call);
  const written = writtenFormat(body);
  if (written === null || written === wanted) return decodeResponse(body);
  if (body.length > mostConvertedBytes) return tooLarge(body, wanted);
  return convert(body, wanted) ?? decodeResponse(body);
}

/** The format of the first vector; null when there is none. */
function writtenFormat(body: Buffer): VectorFormat | null {
  let at = body.indexOf(embeddingKey);
  while (at !== -1) {
    const behind = skipSpace(body, at + embeddingKey.length);
    if (body[behind] === colon) return body[skipSpace(body, behind + 1)] === quote ? "base64" : "float";
    at = body.indexOf(embeddingKey, behind);
  }
  return null;
}

function skipSpace(body: Buffer, from: number): number {
  let at = from;
  while (at < body.length && (body[at] as number) <= space) at++;
  return at;
}

/** Null when the answer is not a list of embeddings: then it is nothing that could be converted. */
function convert(body: Buffer, wanted: VectorFormat): DecodedResponse | null {
  const answer = parseJsonObject(body.toString("utf8"));
  const data = answer?.["data"];
  if (!Array.isArray(data)) return null;
  const converted = data.map((entry: { embedding?: unknown } | null) => ({
    ...entry,
    embedding: toFormat(entry?.embedding, wanted),
  }));
  if (converted.some(({ embedding }) => embedding === null)) return null;
  const bytes = Buffer.from(JSON.stringify({ ...answer, data: converted }));
  return { bytes, usage: readUsage(answer?.["usage"]), malformed: false, error: null };
}

function tooLarge(body: Buffer, wanted: VectorFormat): DecodedResponse {
  const error = `the embeddings are not in the format ${wanted} that was asked for, and too many to convert`;
  const { usage } = decodeResponse(body);
  return { bytes: body, usage, malformed: false, error, errorCode: "upstream_response_too_large" };
}
