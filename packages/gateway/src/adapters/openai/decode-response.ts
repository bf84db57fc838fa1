import type { DecodedResponse } from "../../adapter.ts";
import { scanJsonObject } from "../../json-scan.ts";
import { readUsage } from "./usage.ts";

/** Reads the usage out of a whole answer; the bytes stay as they are, also when they are not JSON. */
export function decodeResponse(body: Buffer): DecodedResponse {
  const scan = scanJsonObject(body);
  if (scan.kind !== "object") return { bytes: body, usage: null, malformed: true };
  const span = scan.fields.get("usage");
  const usage = span ? readUsage(JSON.parse(body.toString("utf8", span.start, span.end))) : null;
  return { bytes: body, usage, malformed: false };
}
