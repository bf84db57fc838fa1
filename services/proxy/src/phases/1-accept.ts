import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { RequestHead } from "../exchange.ts";

/** What the head alone decides, before a byte of the body is looked at. */
export type AcceptLimits = { maxBodyBytes: number };

/**
 * Judges a request's head: framing that two parsers could read differently, type and size of the body.
 * Throws `PerpetuoError` (400, 413, 415).
 */
export function accept(head: RequestHead, limits: AcceptLimits): void {
  if (head.duplicateHeader !== null) {
    const credential = head.duplicateHeader === "authorization" || head.duplicateHeader === "x-api-key";
    throw new PerpetuoError(credential ? "ambiguous_credentials" : "duplicate_header", {
      param: head.duplicateHeader,
    });
  }
  if (head.transferEncoding !== null && head.transferEncoding !== "chunked") {
    throw new PerpetuoError("invalid_request", {
      message: "The only transfer encoding that is understood is 'chunked'.",
      param: "transfer-encoding",
    });
  }
  if (head.contentLength === "malformed") {
    throw new PerpetuoError("invalid_request", {
      message: "The content-length is not a number of bytes.",
      param: "content-length",
    });
  }
  if (head.method !== "POST") return;
  if (head.contentEncoding !== null && head.contentEncoding !== "identity") {
    throw new PerpetuoError("unsupported_media_type", { param: "content-encoding" });
  }
  if (head.contentType === null || !isJson(head.contentType)) {
    throw new PerpetuoError("unsupported_media_type", { param: "content-type" });
  }
  if (head.contentLength !== null && head.contentLength > limits.maxBodyBytes) {
    throw new PerpetuoError("payload_too_large", { message: tooLargeMessage(limits) });
  }
}

/** The sentence of a 413, with the limit in it. */
export function tooLargeMessage({ maxBodyBytes }: AcceptLimits): string {
  return `The body is larger than the limit of ${maxBodyBytes} bytes.`;
}

/** `application/json`, with UTF-8 as its only charset (RFC 8259, 8.1). */
function isJson(contentType: string): boolean {
  if (contentType === "application/json") return true;
  return /^application\/json\s*(;\s*charset="?utf-8"?\s*)?;?$/i.test(contentType.trim());
}

const maxMetadataBytes = 4_096;
const maxMetadataEntries = 16;

/**
 * `x-perpetuo-metadata`: a JSON object of at most 16 strings in 4 KiB. Null when the header is absent.
 * Throws `PerpetuoError` (400).
 */
export function readMetadata(head: RequestHead): Record<string, string> | null {
  if (head.metadata === null) return null;
  const invalid = (cause?: unknown) =>
    new PerpetuoError("invalid_request", {
      message: `x-perpetuo-metadata must be a JSON object of at most ${maxMetadataEntries} strings in ${maxMetadataBytes} bytes.`,
      param: "x-perpetuo-metadata",
      cause,
    });
  if (head.metadata.length > maxMetadataBytes) throw invalid();
  let parsed: unknown;
  try {
    parsed = JSON.parse(head.metadata);
  } catch (cause) {
    throw invalid(cause);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw invalid();
  const entries = Object.entries(parsed);
  if (entries.length > maxMetadataEntries || entries.some(([, value]) => typeof value !== "string"))
    throw invalid();
  return parsed as Record<string, string>;
}

/** `x-perpetuo-timeout-ms`: a whole number of milliseconds. Null when absent; throws `PerpetuoError` (400). */
export function readTimeout(head: RequestHead): number | null {
  if (head.timeoutMs === null) return null;
  if (/^\d{1,8}$/.test(head.timeoutMs) && Number(head.timeoutMs) > 0) return Number(head.timeoutMs);
  throw new PerpetuoError("invalid_request", {
    message: "x-perpetuo-timeout-ms must be a whole number of milliseconds above 0.",
    param: "x-perpetuo-timeout-ms",
  });
}
