import type { ModelCall } from "../adapter.ts";
import { unsupported } from "../chat/read-chat-request.ts";

/** How a vector is written: its numbers, or the base64 of its little-endian 32-bit floats. */
export type VectorFormat = "float" | "base64";

/** A request for embeddings as translations see it: the texts, and the other fields that the wire can carry. */
export type EmbeddingRequest = {
  texts: string[];
  /** Null: as many as the model has. */
  dimensions: number | null;
  format: VectorFormat;
  /** By name, without those that are absent or null. */
  extras: Readonly<Record<string, unknown>>;
};

/** Fields that ask nothing of the answer, or that are in an `EmbeddingRequest` by themselves. */
const ownFields = new Set([
  "model",
  "input",
  "dimensions",
  "encoding_format",
  "stream",
  "stream_options",
  "user",
  "metadata",
]);

/**
 * Parses the body for a translation. `extras` names the fields beyond OpenAI's that the target's wire can express, and
 * `mostTexts` how many texts it takes at once.
 *
 * @throws {PerpetuoError} `unsupported_value` for what the wire cannot carry; it names the field.
 */
export function readEmbeddingRequest(
  call: ModelCall,
  { extras: carried, mostTexts }: { extras: readonly string[]; mostTexts: number },
): EmbeddingRequest {
  const body = JSON.parse(call.body.toString("utf8")) as Record<string, unknown>;
  const extras: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (value === null || ownFields.has(name)) continue;
    if (!carried.includes(name)) throw unsupported(name, "it has no equivalent there");
    extras[name] = value;
  }
  const texts = textsOf(body["input"]);
  if (texts.length > mostTexts) throw unsupported("input", `at most ${mostTexts} texts are taken at once`);
  const { dimensions } = body;
  return {
    texts,
    dimensions: typeof dimensions === "number" ? dimensions : null,
    format: vectorFormat(call),
    extras,
  };
}

/** How the client wants the vectors written. */
export function vectorFormat({ body, fields }: ModelCall): VectorFormat {
  const span = fields.get("encoding_format");
  const value: unknown = span ? JSON.parse(body.toString("utf8", span.start, span.end)) : null;
  return value === "base64" ? "base64" : "float";
}

function textsOf(input: unknown): string[] {
  const texts = Array.isArray(input) ? input : [input];
  if (texts.every((text) => typeof text === "string")) return texts;
  throw unsupported("input", "another model's tokeniser has other numbers; it takes texts");
}
