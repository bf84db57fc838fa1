import type { Usage } from "@perpetuo/contracts/usage";
import type { DecodedResponse } from "../adapter.ts";
import { parseJsonObject } from "../json-object.ts";
import { scanJsonObject } from "../json-scan.ts";

/** Below this the engine's own parser is faster than a scan, which builds nothing. */
const parseBelowBytes = 16_384;

/** Beyond this a scan would hold the thread for longer than the usage is worth; it is estimated then. */
const scanUpToBytes = 16 * 1_048_576;

/** The usage stands at an answer's end, with at most a few short fields behind it. */
const longestEnd = 1_024;
const usageKey = Buffer.from('"usage"');
const openBrace = 0x7b;
const comma = 0x2c;
const space = 0x20;

/** Reads a dialect's `usage` object; null when it counts nothing. */
type ReadUsage = (value: unknown) => Usage | null;

/**
 * Reads the `usage` member out of a whole answer that goes on as it is; the bytes stay as they are, also when they are
 * not JSON.
 */
export function readPassedAnswer(body: Buffer, readUsage: ReadUsage): DecodedResponse {
  const atEnd = readEnd(body, readUsage);
  if (atEnd !== null) return { bytes: body, usage: atEnd, malformed: false, error: null };
  if (body.length > scanUpToBytes) return { bytes: body, usage: null, malformed: false, error: null };
  const usage = body.length < parseBelowBytes ? parseUsage(body, readUsage) : scanUsage(body, readUsage);
  return { bytes: body, usage: usage ?? null, malformed: usage === undefined, error: null };
}

/**
 * The usage where it is among an object's last members: they are all that is parsed, so that a long answer costs no
 * more than a short one. With an opening brace in front, what begins at a key is an object of its own exactly when that
 * key is a top-level one; a quote that a comma stands before begins a key or a text, never ends one. Null for every
 * other answer. A fault that stands further to the front is not seen.
 */
function readEnd(body: Buffer, readUsage: ReadUsage): Usage | null {
  const at = body.lastIndexOf(usageKey);
  if (at <= 0 || body.length - at > longestEnd || body[0] !== openBrace) return null;
  let before = at - 1;
  while ((body[before] as number) <= space && before > 0) before--;
  if (body[before] !== comma && body[before] !== openBrace) return null;
  const end = parseJsonObject(`{${body.toString("utf8", at)}`);
  return end === null ? null : readUsage(end["usage"]);
}

/** Undefined when the body is not a JSON object. */
function parseUsage(body: Buffer, readUsage: ReadUsage): Usage | null | undefined {
  const parsed = parseJsonObject(body.toString("utf8"));
  return parsed === null ? undefined : readUsage(parsed["usage"]);
}

function scanUsage(body: Buffer, readUsage: ReadUsage): Usage | null | undefined {
  const scan = scanJsonObject(body);
  if (scan.kind !== "object") return undefined;
  const span = scan.fields.get("usage");
  return span ? readUsage(JSON.parse(body.toString("utf8", span.start, span.end))) : null;
}
