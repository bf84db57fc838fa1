/** Where a value lies in the scanned bytes: `[start, end)`. */
export type Span = { start: number; end: number };

/** What a scan of a JSON object's bytes says. Offsets are bytes from the start of the text. */
export type JsonScan =
  | { kind: "object"; fields: Map<string, Span>; closingBrace: number }
  | { kind: "not-an-object" }
  | { kind: "malformed"; offset: number }
  | { kind: "duplicate-key"; key: string }
  | { kind: "too-deep"; limit: number }
  | { kind: "too-many-fields"; limit: number };

/** Nesting beyond this is refused: no model API needs it, and recursive consumers downstream overflow on it. */
export const maximumDepth = 64;

/** More top-level fields than any model API has; half a million of them would hold the thread for half a second. */
export const maximumFields = 1_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** 1 for bytes that end a run of plain text in a string: a quote, a backslash, a control character. */
const endsRun = new Uint8Array(256);
endsRun.fill(1, 0, 0x20);
endsRun[QUOTE] = 1;
endsRun[BACKSLASH] = 1;

class Malformed {
  readonly offset: number;
  constructor(offset: number) {
    this.offset = offset;
  }
}

class TooDeep {}

/**
 * Finds the top-level fields of a JSON object without building its values, and judges the whole text by RFC 8259 on
 * the same bytes that go upstream. Every top-level key is compared decoded, so that `"mod\u0065l"` is `model`, and a
 * key that appears twice is reported: two parsers that disagree on which one counts would route one model and call
 * another. UTF-8 validity is the caller's to check.
 */
export function scanJsonObject(bytes: Buffer): JsonScan {
  const fields = new Map<string, Span>();
  try {
    let at = skipSpace(bytes, 0);
    if (bytes[at] !== OPEN_BRACE) {
      requireEnd(bytes, skipValue(bytes, at));
      return { kind: "not-an-object" };
    }
    at = skipSpace(bytes, at + 1);
    if (bytes[at] === CLOSE_BRACE) {
      requireEnd(bytes, at + 1);
      return { kind: "object", fields, closingBrace: at };
    }
    for (;;) {
      const keyStart = at;
      const keyEnd = skipString(bytes, at);
      const key = decodeKey(bytes, keyStart, keyEnd);
      at = skipSpace(bytes, keyEnd);
      if (bytes[at] !== COLON) throw new Malformed(at);
      const start = skipSpace(bytes, at + 1);
      const end = skipValue(bytes, start);
      if (fields.has(key)) return { kind: "duplicate-key", key };
      if (fields.size >= maximumFields) return { kind: "too-many-fields", limit: maximumFields };
      fields.set(key, { start, end });
      at = skipSpace(bytes, end);
      if (bytes[at] === CLOSE_BRACE) break;
      if (bytes[at] !== COMMA) throw new Malformed(at);
      at = skipSpace(bytes, at + 1);
    }
    requireEnd(bytes, at + 1);
    return { kind: "object", fields, closingBrace: at };
  } catch (error) {
    if (error instanceof Malformed) return { kind: "malformed", offset: error.offset };
    if (error instanceof TooDeep) return { kind: "too-deep", limit: maximumDepth };
    throw error;
  }
}

/** Visits the first byte of each value of an array that a scan has found well formed. `start` is its opening bracket. */
export function visitElements(bytes: Buffer, { start }: Span, visit: (firstByte: number) => void): void {
  let at = skipSpace(bytes, start + 1);
  while (bytes[at] !== CLOSE_BRACKET) {
    visit(bytes[at] as number);
    at = skipSpace(bytes, skipValue(bytes, at));
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
}

function requireEnd(bytes: Buffer, at: number): void {
  const end = skipSpace(bytes, at);
  if (end < bytes.length) throw new Malformed(end);
}

function decodeKey(bytes: Buffer, start: number, end: number): string {
  const inner = bytes.toString("utf8", start + 1, end - 1);
  return inner.includes("\\") ? (JSON.parse(`"${inner}"`) as string) : inner;
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at++;
  }
}

/** `from` is the opening quote; the result is behind the closing one. */
function skipString(bytes: Buffer, from: number): number {
  if (bytes[from] !== QUOTE) throw new Malformed(from);
  let at = from + 1;
  for (;;) {
    at = skipRun(bytes, at);
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) throw new Malformed(at);
    at = skipEscape(bytes, at);
  }
}

/** Prompts are mostly runs of plain text: looked at four bytes at a time they take half as long. */
function skipRun(bytes: Buffer, from: number): number {
  const length = bytes.length;
  const lastFour = length - 4;
  let at = from;
  while (
    at <= lastFour &&
    ((endsRun[bytes[at] as number] as number) |
      (endsRun[bytes[at + 1] as number] as number) |
      (endsRun[bytes[at + 2] as number] as number) |
      (endsRun[bytes[at + 3] as number] as number)) ===
      0
  )
    at += 4;
  while (at < length && endsRun[bytes[at] as number] === 0) at++;
  return at;
}

/** `from` is the backslash. */
function skipEscape(bytes: Buffer, from: number): number {
  switch (bytes[from + 1]) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return from + 2;
    case 0x75: // u
      for (let at = from + 2; at < from + 6; at++) {
        if (!isHexDigit(bytes[at])) throw new Malformed(at);
      }
      return from + 6;
    default:
      throw new Malformed(from + 1);
  }
}

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

/**
 * Skips one value of any kind. Containers are kept on an explicit stack of bits, not on the call stack, so that
 * hostile nesting ends in an answer and not in a crash.
 */
function skipValue(bytes: Buffer, from: number): number {
  if (!opensContainer(bytes[from])) return skipScalar(bytes, from);
  const isObject: boolean[] = [bytes[from] === OPEN_BRACE];
  let at = from + 1;
  let first = true;
  while (isObject.length > 0) {
    at = skipSpace(bytes, at);
    const inObject = isObject[isObject.length - 1] as boolean;
    if (bytes[at] === (inObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
      isObject.pop();
      at++;
      first = false;
      continue;
    }
    if (!first) {
      if (bytes[at] !== COMMA) throw new Malformed(at);
      at = skipSpace(bytes, at + 1);
    }
    if (inObject) at = skipKey(bytes, at);
    if (opensContainer(bytes[at])) {
      // The top-level object is one level more than this stack holds.
      if (isObject.length + 1 >= maximumDepth) throw new TooDeep();
      isObject.push(bytes[at] === OPEN_BRACE);
      at++;
      first = true;
    } else {
      at = skipScalar(bytes, at);
      first = false;
    }
  }
  return at;
}

function opensContainer(byte: number | undefined): boolean {
  return byte === OPEN_BRACE || byte === OPEN_BRACKET;
}

function skipKey(bytes: Buffer, from: number): number {
  const colon = skipSpace(bytes, skipString(bytes, from));
  if (bytes[colon] !== COLON) throw new Malformed(colon);
  return skipSpace(bytes, colon + 1);
}

function skipScalar(bytes: Buffer, from: number): number {
  switch (bytes[from]) {
    case QUOTE:
      return skipString(bytes, from);
    case 0x74:
      return skipLiteral(bytes, from, "true");
    case 0x66:
      return skipLiteral(bytes, from, "false");
    case 0x6e:
      return skipLiteral(bytes, from, "null");
    default:
      return skipNumber(bytes, from);
  }
}

function skipLiteral(bytes: Buffer, from: number, literal: string): number {
  for (let index = 0; index < literal.length; index++) {
    if (bytes[from + index] !== literal.charCodeAt(index)) throw new Malformed(from + index);
  }
  return from + literal.length;
}

/** RFC 8259, section 6: no leading zeros, no bare dot, no plus sign. */
function skipNumber(bytes: Buffer, from: number): number {
  let at = bytes[from] === 0x2d ? from + 1 : from;
  at = bytes[at] === 0x30 ? at + 1 : skipDigits(bytes, at);
  if (bytes[at] === 0x2e) at = skipDigits(bytes, at + 1);
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    at++;
    if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++;
    at = skipDigits(bytes, at);
  }
  return at;
}

function skipDigits(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte === undefined || byte < 0x30 || byte > 0x39) break;
    at++;
  }
  if (at === from) throw new Malformed(at);
  return at;
}
