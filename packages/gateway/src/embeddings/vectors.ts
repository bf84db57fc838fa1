import type { VectorFormat } from "./embedding-request.ts";

const bytesPerFloat = 4;

/**
 * A vector as a provider wrote it, in the format that the client wants; null when it is no vector at all. What has the
 * format already stays as it is. Floats are little-endian on every processor that the gateway's HTTP server is built for.
 */
export function toFormat(vector: unknown, format: VectorFormat): number[] | string | null {
  if (typeof vector === "string") {
    if (format === "base64") return vector === "" ? null : vector;
    const bytes = Buffer.from(vector, "base64");
    if (bytes.length === 0 || bytes.length % bytesPerFloat !== 0) return null;
    // A view needs its first byte at a multiple of four, which a buffer out of a pool may not have.
    return [...new Float32Array(new Uint8Array(bytes).buffer)];
  }
  if (!isVector(vector)) return null;
  return format === "float" ? vector : Buffer.from(new Float32Array(vector).buffer).toString("base64");
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isFinite);
}
