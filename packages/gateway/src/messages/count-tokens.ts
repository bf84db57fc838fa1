import type { ModelCall } from "../adapter.ts";
import { estimateInputTokens } from "../price.ts";

/** What a picture takes at most. Source: Anthropic documentation, "Vision". */
const tokensOfImage = 1_600;

/**
 * An estimate for models whose provider counts nothing: the text's bytes ÷ 3, as for a reservation, and a fixed number for
 * each picture, whose bytes are none that a model reads.
 */
export function estimateMessageTokens({ body, fields }: Pick<ModelCall, "body" | "fields">): number {
  let images = 0;
  const withoutData = (_key: string, value: unknown): unknown => {
    if (!isImage(value)) return value;
    images++;
    return null;
  };
  let bytes = 0;
  for (const name of ["system", "messages", "tools"]) {
    const span = fields.get(name);
    if (!span) continue;
    const value: unknown = JSON.parse(body.toString("utf8", span.start, span.end));
    bytes += Buffer.byteLength(JSON.stringify(value, withoutData));
  }
  return estimateInputTokens(bytes) + images * tokensOfImage;
}

function isImage(value: unknown): boolean {
  const { type, source } = (value ?? {}) as { type?: unknown; source?: unknown };
  return type === "image" && typeof source === "object";
}
