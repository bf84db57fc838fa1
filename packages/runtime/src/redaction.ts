/** What stands in the place of a secret. */
export const redacted = "[redacted]";
const deepest = 8;
const longestCauseChain = 5;
const mostAggregated = 5;

/** Fields whose values never reach a log. Names match at any depth, in any case, with `-`, `_` or neither. */
const secretNames = [
  "api_key",
  "authorization",
  "ciphertext",
  "cookie",
  "credential",
  "credentials",
  "current_password",
  "data_key",
  "idempotency-key",
  "master_key",
  "new_password",
  "passphrase",
  "password",
  "password_hash",
  "plain",
  "previous_master_keys",
  "proxy-authorization",
  "secret",
  "session_token",
  "set-cookie",
  "token",
  "wrapped_key",
  "x-api-key",
  "x-goog-api-key",
];
const normalisedSecretNames = new Set(secretNames.map(normalise));

/** The same fields as pino paths, for a child logger's bindings, which `redactFields` does not see. */
export const secretPaths: string[] = secretNames.map((name) => `["${name}"]`);

/**
 * Secrets that a sentence may quote: our API keys, providers' keys, bearer tokens, credentials in URLs.
 * Every alternative is linear: no repetition contains another.
 */
const secretTexts = /pk_[0-9a-f]{48}|\bsk-[\w-]{8,}|\bBearer [\w.~+/=-]+|(?<=:\/\/)[^\s/@"\\]*(?=@)/gi;

/** What a terminal or a log viewer could obey: DEL, C1 controls, line separators, bidirectional overrides. */
const unsafeCharacters = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * A copy of log fields in which secrets by name are replaced, binary data is named by its length, errors are reduced
 * to what operators need, and nesting ends at 8 levels, so that no request can make a log line fail.
 */
export function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  return redactObject(fields, 0);
}

/** Makes one serialised JSON line safe: secrets quoted in texts are cut, control characters beyond JSON's are escaped. */
export function scrubLine(line: string): string {
  return line
    .replace(secretTexts, redacted)
    .replace(unsafeCharacters, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * What an error says, for the log. Drizzle ends the text of a failed query with its parameters, among which are password
 * hashes, sealed credentials and what people searched for.
 */
export function messageForLog(error: Error): string {
  const parametersAt = "params" in error ? error.message.indexOf("\nparams: ") : -1;
  return parametersAt === -1 ? error.message : error.message.slice(0, parametersAt);
}

/**
 * An error for the log: its kind, text, code, internal detail, stack and causes. Other properties stay out, because
 * libraries put queries, parameters and whole requests there.
 */
export function describeError(error: unknown, depth = 0): Record<string, unknown> | string {
  if (!(error instanceof Error)) return typeof error === "string" ? error : typeof error;
  const description: Record<string, unknown> = { type: error.name, message: messageForLog(error) };
  if ("code" in error && isScalar(error.code)) description["code"] = error.code;
  if ("internal" in error && typeof error.internal === "string") description["internal"] = error.internal;
  // The stack begins with the message.
  description["stack"] = error.stack?.replace(error.message, () => messageForLog(error));
  if (error instanceof AggregateError && depth < longestCauseChain) {
    description["errors"] = error.errors
      .slice(0, mostAggregated)
      .map((inner) => describeError(inner, depth + 1));
  }
  if (error.cause !== undefined && depth < longestCauseChain) {
    description["cause"] = describeError(error.cause, depth + 1);
  }
  return description;
}

function redactObject(source: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(source)) {
    copy[name] = isSecretName(name) && value !== null ? redacted : redactValue(value, depth + 1);
  }
  return copy;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return describeError(value);
  if (ArrayBuffer.isView(value)) return `[binary, ${value.byteLength} bytes]`;
  if (depth >= deepest) return "[nested too deeply]";
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  if ("toJSON" in value && typeof value.toJSON === "function") return redactValue(value.toJSON(), depth + 1);
  return redactObject(value, depth);
}

function isSecretName(name: string): boolean {
  return normalisedSecretNames.has(normalise(name));
}

function normalise(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}

function isScalar(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}
