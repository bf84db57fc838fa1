import type { Usage } from "@perpetuo/contracts/usage";
import type { DecodedResponse } from "../../adapter.ts";
import { scanJsonObject } from "../../json-scan.ts";
import { readUsage } from "./usage.ts";

/** Below this the engine's own parser is faster than a scan, which builds nothing. */
const parseBelowBytes = 16_384;

/** Reads the usage out of a whole answer; the bytes stay as they are, also when they are not JSON. */
export function decodeResponse(body: Buffer): DecodedResponse {
  const usage = body.length < parseBelowBytes ? parseUsage(body) : scanUsage(body);
  return { bytes: body, usage: usage ?? null, malformed: usage === undefined };
}

/** Undefined when the body is not a JSON object. */
function parseUsage(body: Buffer): Usage | null | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
    return readUsage((parsed as { usage?: unknown }).usage);
  } catch {
    return undefined;
  }
}

function scanUsage(body: Buffer): Usage | null | undefined {
  const scan = scanJsonObject(body);
  if (scan.kind !== "object") return undefined;
  const span = scan.fields.get("usage");
  return span ? readUsage(JSON.parse(body.toString("utf8", span.start, span.end))) : null;
}
