import type { ModelCall } from "../adapter.ts";
import { type Span, scanJsonObject } from "../json-scan.ts";
import { hashBytes } from "./hash.ts";

const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const space = 0x20;

/** A mark that clients move from turn to turn, and that is no part of what was said. */
const movingMark = "cache_control";

/**
 * A number that the turns of one conversation have in common, whoever computes it: of `prompt_cache_key` where the
 * client names one, else of the messages up to and including the first one of the user, which a later turn repeats.
 * Null where nothing tells.
 */
export function conversationOf({ body, fields }: Pick<ModelCall, "body" | "fields">): number | null {
  const named = fields.get("prompt_cache_key");
  if (named !== undefined && body[named.start] === quote && named.end - named.start > 2)
    return hashBytes(body.subarray(named.start, named.end));
  const messages = fields.get("messages");
  if (messages === undefined) return null;
  const end = endOfFirstUserMessage(body, messages);
  return end === null ? null : hashBytes(withoutMarks(body.subarray(messages.start, end)));
}

/** The text is known to be valid JSON: it has been scanned. */
function endOfFirstUserMessage(body: Buffer, { start, end }: Span): number | null {
  let at = start + 1;
  while (at < end) {
    const byte = body[at] as number;
    if (byte <= space || byte === comma) {
      at++;
      continue;
    }
    if (byte !== openBrace) return null;
    const behind = endOfContainer(body, at);
    if (isFromUser(body.subarray(at, behind))) return behind;
    at = behind;
  }
  return null;
}

function isFromUser(message: Buffer): boolean {
  const scan = scanJsonObject(message);
  const role = scan.kind === "object" ? scan.fields.get("role") : undefined;
  return role !== undefined && message.toString("latin1", role.start, role.end) === '"user"';
}

/** `from` is an opening brace or bracket. */
function endOfContainer(body: Buffer, from: number): number {
  let depth = 0;
  let at = from;
  do {
    const byte = body[at];
    if (byte === openBrace || byte === openBracket) depth++;
    else if (byte === closeBrace || byte === closeBracket) depth--;
    at = byte === quote ? endOfText(body, at) : at + 1;
  } while (depth > 0);
  return at;
}

/** `from` is the opening quote. */
function endOfText(body: Buffer, from: number): number {
  let at = body.indexOf(quote, from + 1);
  while (isEscaped(body, at)) at = body.indexOf(quote, at + 1);
  return at + 1;
}

function isEscaped(body: Buffer, at: number): boolean {
  let before = at;
  while (body[before - 1] === backslash) before--;
  return (at - before) % 2 === 1;
}

/** `messages` is an array without its closing bracket. */
function withoutMarks(messages: Buffer): Buffer {
  if (!messages.includes(movingMark)) return messages;
  const parsed: unknown = JSON.parse(`${messages.toString("utf8")}]`);
  const text = JSON.stringify(parsed, (name, value: unknown) => (name === movingMark ? undefined : value));
  return Buffer.from(text.slice(0, -1));
}
