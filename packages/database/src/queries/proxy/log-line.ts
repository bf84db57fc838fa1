import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { InvalidRecordError } from "../../data-error.ts";

/**
 * Columns of a line, in order, and their types in `request_logs`. They are the keys of `RequestLogRecord`.
 */
export const logColumns = {
  id: "uuid",
  workspace_id: "uuid",
  api_key_id: "uuid",
  request_id: "text",
  endpoint: "text",
  config_version: "integer",
  route_id: "uuid",
  requested_model: "text",
  provider: "text",
  provider_key_id: "uuid",
  upstream_model: "text",
  status_code: "integer",
  error_code: "text",
  error_message: "text",
  streamed: "boolean",
  usage_estimated: "boolean",
  input_tokens: "bigint",
  cached_input_tokens: "bigint",
  cache_write_tokens: "bigint",
  cache_write_1h_tokens: "bigint",
  input_audio_tokens: "bigint",
  output_tokens: "bigint",
  reasoning_tokens: "bigint",
  output_audio_tokens: "bigint",
  cost_micros: "bigint",
  duration_ms: "integer",
  time_to_first_byte_ms: "integer",
  overhead_us: "integer",
  attempts: "jsonb",
  plan: "jsonb",
  metadata: "jsonb",
  user: "text",
  created_at: "timestamptz",
} as const satisfies Record<keyof RequestLogRecord, string>;

type ColumnName = keyof typeof logColumns;

/** What an absent member stands for: few answers have tokens of these kinds. */
const absent: Partial<Record<ColumnName, string>> = {
  cache_write_tokens: "0",
  cache_write_1h_tokens: "0",
  input_audio_tokens: "0",
  output_audio_tokens: "0",
};

const columnNames = Object.keys(logColumns) as ColumnName[];

/**
 * Longest text kept, in UTF-16 units. Clients choose some of these texts, and an index row must stay below 2,704 bytes:
 * 512 units are at most 1,536 bytes of UTF-8.
 */
const textLimits: Partial<Record<ColumnName, number>> = {
  request_id: 512,
  endpoint: 512,
  requested_model: 512,
  provider: 64,
  upstream_model: 512,
  error_code: 128,
  error_message: 4096,
  user: 512,
};

/** Text of this many units becomes bytes at once: one string of a whole batch would cost more in garbage than in work. */
const chunkUnits = 32_768;

/**
 * Writes records in PostgreSQL's COPY text format, one a line.
 *
 * @throws InvalidRecordError as `formatLogLine` does.
 */
export function formatLogLines(records: Iterable<RequestLogRecord>): Buffer {
  const chunks: Buffer[] = [];
  let text = "";
  for (const record of records) {
    text += formatLogLine(record);
    if (text.length < chunkUnits) continue;
    chunks.push(Buffer.from(text));
    text = "";
  }
  chunks.push(Buffer.from(text));
  return Buffer.concat(chunks);
}

/**
 * Writes a record as one line of PostgreSQL's COPY text format.
 *
 * @throws InvalidRecordError when the record is no object or has a value that its column cannot hold.
 */
function formatLogLine(record: RequestLogRecord): string {
  if (record === null || typeof record !== "object") throw new InvalidRecordError("A record is no object.");
  let line = "";
  for (const name of columnNames) {
    if (line !== "") line += "\t";
    line += formatField(name, record[name]);
  }
  return `${line}\n`;
}

function formatField(name: ColumnName, value: RequestLogRecord[ColumnName] | undefined): string {
  if (value === null || value === undefined) return absent[name] ?? "\\N";
  switch (typeof value) {
    case "string":
      return escapeField(storable(value, textLimits[name]));
    case "number":
      // Durations are measured in fractions of a millisecond; their columns hold whole ones.
      return Number.isFinite(value) ? String(Math.round(value)) : invalid(name);
    case "boolean":
      return value ? "t" : "f";
    case "object":
      return escapeField(storableJson(value));
    default:
      return invalid(name);
  }
}

function invalid(name: string): never {
  throw new InvalidRecordError(`The field ${name} of a record has a value that cannot be stored.`);
}

/** In the text format a backslash escapes; tab and line ends separate. */
function escapeField(text: string): string {
  if (!/[\\\t\n\r]/.test(text)) return text;
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll("\t", "\\t")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");
}

/** PostgreSQL refuses NUL and lone surrogates in text; both become U+FFFD. Cut first: a cut can split a pair. */
function storable(text: string, limit = Number.POSITIVE_INFINITY): string {
  const cut = text.length > limit ? text.slice(0, limit) : text;
  const whole = cut.isWellFormed() ? cut : cut.toWellFormed();
  return whole.includes("\0") ? whole.replaceAll("\0", "\ufffd") : whole;
}

/** In JSON the same two appear only as escapes, and rarely: the values are walked only when one of them is there. */
function storableJson(value: object): string {
  const text = JSON.stringify(value);
  if (!/\\u(0000|d[89a-f])/.test(text)) return text;
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === "string") return storable(inner);
    if (inner === null || typeof inner !== "object" || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, member]) => [storable(key), member]));
  });
}
