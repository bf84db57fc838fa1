import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ModelCall, Operation } from "./adapter.ts";
import { type Span, scanJsonObject } from "./json-scan.ts";
import { isModelName, longestModelName } from "./model-name.ts";
import { readPreference } from "./routing/preference.ts";
import { withoutFields } from "./routing/without-fields.ts";
import { readTextInput } from "./text-input.ts";

const longestUser = 256;
const mostMapEntries = 16;
const longestMapKey = 64;
const longestMapValue = 512;
/** Bytes of a field whose value is built: what is longer would hold the thread, and says nothing that is needed. */
const longestOptions = 4_096;
const longestMap = 65_536;
/** As OpenAI's embeddings take; it bounds the answer that has to be held. */
const mostTexts = 2_048;

/**
 * Reads a request body for one operation: finds the fields that routing and metering need, on the bytes that go
 * upstream. Throws `PerpetuoError` (400) naming the field at fault.
 */
export function readModelCall(operation: Operation, body: Buffer): ModelCall {
  const scan = scanJsonObject(body);
  switch (scan.kind) {
    case "malformed":
      throw new PerpetuoError("invalid_json", {
        message: `The body is not valid JSON (at byte ${scan.offset}).`,
      });
    case "not-an-object":
      throw new PerpetuoError("invalid_json", { message: "The body must be a JSON object." });
    case "too-deep":
      throw new PerpetuoError("invalid_json", {
        message: `The body is nested more than ${scan.limit} levels deep.`,
      });
    case "too-many-fields":
      throw new PerpetuoError("invalid_json", { message: `The body has more than ${scan.limit} fields.` });
    case "duplicate-key":
      throw new PerpetuoError("duplicate_field", {
        message: `The field '${printable(scan.key)}' appears twice.`,
        param: printable(scan.key),
      });
    case "object":
      return readFields(operation, body, scan);
  }
}

type Fields = ReadonlyMap<string, Span>;

type ScannedObject = { fields: Fields; closingBrace: number };

/** Fields that are the gateway's own: they say who shall answer, and no provider gets to see them. */
const routingFields = ["models", "provider"];

function readFields(operation: Operation, body: Buffer, scan: ScannedObject): ModelCall {
  const { fields } = scan;
  if (!fields.has("models") && !fields.has("provider")) return readOwnFields(operation, body, scan);
  const preference = readPreference(readModelName(body, fields.get("model")), {
    models: readShort(body, fields, "models"),
    provider: readShort(body, fields, "provider"),
  });
  return { ...readModelCall(operation, withoutFields(body, fields, routingFields)), preference };
}

function readOwnFields(
  operation: Operation,
  body: Buffer,
  { fields, closingBrace }: ScannedObject,
): ModelCall {
  const model = readModelName(body, fields.get("model"));
  checks[operation](body, fields);
  const stream = operation !== "count-tokens" && readStreamFlag(body, fields.get("stream"));
  const includeUsage = stream && readIncludeUsage(body, fields);
  if (stream && operation === "embeddings")
    throw invalid("stream", "must not be true: embeddings come whole");
  const user =
    operation === "messages" ? readUserId(body, fields.get("metadata")) : readUser(body, fields.get("user"));
  return { operation, body, model, stream, includeUsage, user, preference: null, fields, closingBrace };
}

/**
 * The string members of a top-level object field, for the log: at most 16, with keys of at most 64 characters and
 * values cut to 512, as OpenAI limits `metadata`. Null when it is absent, no object, longer than 64 KiB, or has none.
 */
export function readStringMap(call: ModelCall, key: string): Record<string, string> | null {
  const span = call.fields.get(key);
  if (!span || span.end - span.start > longestMap) return null;
  const value = parseField(call.body, span);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value)
    .filter(
      (entry): entry is [string, string] => typeof entry[1] === "string" && entry[0].length <= longestMapKey,
    )
    .slice(0, mostMapEntries)
    .map(([name, text]) => [name, text.slice(0, longestMapValue)]);
  return entries.length > 0 ? Object.fromEntries(entries) : null;
}

function parseField(body: Buffer, span: Span | undefined): unknown {
  return span ? JSON.parse(body.toString("utf8", span.start, span.end)) : undefined;
}

function readModelName(body: Buffer, span: Span | undefined): string {
  if (!span) throw missing("model");
  const model = parseField(body, span);
  if (typeof model !== "string") throw invalid("model", "must be a string");
  if (model.length === 0 || model.length > longestModelName) {
    throw invalid("model", `must have 1 to ${longestModelName} characters`);
  }
  if (!isModelName(model)) throw invalid("model", "must not contain control characters");
  return model;
}

/** What each operation needs beside the model. */
const checks: Record<Operation, (body: Buffer, fields: Fields) => void> = {
  "chat-completions": (body, fields) => requireArray(body, fields, "messages"),
  messages: (body, fields) => requireArray(body, fields, "messages"),
  "count-tokens": (body, fields) => requireArray(body, fields, "messages"),
  completions: (body, fields) => requireTexts(body, fields, "prompt"),
  embeddings(body, fields) {
    requireTexts(body, fields, "input");
    const format = readShort(body, fields, "encoding_format") ?? "float";
    if (format !== "float" && format !== "base64")
      throw invalid("encoding_format", "must be float or base64");
    const dimensions = readShort(body, fields, "dimensions") ?? 1;
    if (!Number.isSafeInteger(dimensions) || (dimensions as number) < 1) {
      throw invalid("dimensions", "must be a whole number from 1");
    }
  },
};

function requireTexts(body: Buffer, fields: Fields, key: string): void {
  const span = fields.get(key);
  if (!span) throw missing(key);
  const input = readTextInput(body, span);
  if (input === null) throw invalid(key, "must be a text, a list of texts, or tokens");
  if (input.count === 0) throw invalid(key, "must not be empty");
  if (input.count > mostTexts) throw invalid(key, `must not have more than ${mostTexts} entries`);
}

/** Null when it is absent. */
function readShort(body: Buffer, fields: Fields, key: string): unknown {
  const span = fields.get(key);
  if (span && span.end - span.start > longestOptions) {
    throw invalid(key, `must not be longer than ${longestOptions} bytes`);
  }
  return parseField(body, span) ?? null;
}

function requireArray(body: Buffer, fields: Fields, key: string): void {
  const span = fields.get(key);
  if (!span) throw missing(key);
  if (body[span.start] !== 0x5b) throw invalid(key, "must be an array");
  for (let at = span.start + 1; at < span.end - 1; at++) {
    if ((body[at] as number) > 0x20) return;
  }
  throw invalid(key, "must not be empty");
}

function readStreamFlag(body: Buffer, span: Span | undefined): boolean {
  const value = parseField(body, span);
  if (value === undefined || value === null || value === false) return false;
  if (value === true) return true;
  throw invalid("stream", "must be true or false");
}

function readIncludeUsage(body: Buffer, fields: Fields): boolean {
  const value = readShort(body, fields, "stream_options");
  if (value === null) return false;
  if (typeof value !== "object" || Array.isArray(value)) throw invalid("stream_options", "must be an object");
  return (value as { include_usage?: unknown }).include_usage === true;
}

/** Anthropic's place for it, `metadata.user_id`. */
function readUserId(body: Buffer, span: Span | undefined): string | null {
  if (!span || span.end - span.start > longestOptions) return null;
  const id = (parseField(body, span) as { user_id?: unknown } | null)?.user_id;
  return typeof id === "string" ? id.slice(0, longestUser) : null;
}

/** Another type is upstream's to judge. */
function readUser(body: Buffer, span: Span | undefined): string | null {
  const value = parseField(body, span);
  return typeof value === "string" ? value.slice(0, longestUser) : null;
}

function missing(param: string): PerpetuoError {
  return new PerpetuoError("missing_field", { message: `The field '${param}' is required.`, param });
}

function invalid(param: string, rule: string): PerpetuoError {
  return new PerpetuoError("invalid_request", { message: `The field '${param}' ${rule}.`, param });
}

function printable(key: string): string {
  return key.replace(/[^\x20-\x7e]/g, "?").slice(0, 64);
}
