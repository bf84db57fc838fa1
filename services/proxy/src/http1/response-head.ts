import { invalidResponse } from "./http1-error.ts";

export type ResponseHeaders = Record<string, string | string[] | undefined>;

/** How the body's end is known (RFC 9112, 6.3). */
export type Framing =
  | { kind: "empty" }
  | { kind: "sized"; length: number }
  | { kind: "chunked" }
  | { kind: "until-close" };

export type ResponseHead = {
  status: number;
  /** By lower-case name; a header that comes more than once is a list. */
  headers: ResponseHeaders;
  framing: Framing;
  /** Milliseconds that the upstream will keep the connection after this answer; 0: not at all, null: it does not say. */
  keepAliveMs: number | null;
};

/** More than any provider sends; Envoy allows 100 by default. */
const maxHeaders = 128;
const space = 0x20;

/**
 * A whole head, byte for byte: a status line and header lines, each ended by CRLF (RFC 9112, 4 and 5). A bare line feed
 * or carriage return, a control character, a folded line, and white space before a colon do not match. No alternative
 * overlaps another, so that matching takes linear time.
 */
const wholeHead =
  /^HTTP\/1\.[01] [1-9][0-9][0-9](?: [\t\x20-\x7e\x80-\xff]*)?\r\n(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/;

/**
 * Reads a head as Latin-1 text, its closing blank line excluded. Throws `Http1Error` where two parsers could read it
 * differently: a head that is misread ends in another place, and what follows would be taken for the next answer.
 */
export function parseResponseHead(text: string): ResponseHead {
  if (!wholeHead.test(text)) throw invalidResponse("the head is not HTTP/1.1");
  const status = Number(text.slice(9, 12));
  const headers = readHeaders(text);
  const isOldVersion = text.charCodeAt(7) === 0x30;
  return {
    status,
    headers,
    framing: readFraming(status, headers, isOldVersion),
    keepAliveMs: readKeepAlive(headers, isOldVersion),
  };
}

/** Trailers and heads are written alike: lines of `name: value`, each ended by CRLF. */
const wholeTrailers = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/;

/** Trailers are read past. Throws `Http1Error` when they are no header lines. */
export function checkTrailers(text: string): void {
  if (!wholeTrailers.test(text)) throw invalidResponse("the trailers are not header lines");
}

function readHeaders(text: string): ResponseHeaders {
  // Without a prototype a header named `constructor` is a header like any other.
  const headers = { __proto__: null } as unknown as ResponseHeaders;
  let at = text.indexOf("\r\n") + 2;
  for (let count = 0; at < text.length; count++) {
    if (count === maxHeaders) throw invalidResponse(`the head has more than ${maxHeaders} headers`);
    const colon = text.indexOf(":", at);
    const end = text.indexOf("\r\n", colon);
    addHeader(headers, lowerCase(text.slice(at, colon)), trimmed(text, colon + 1, end));
    at = end + 2;
  }
  return headers;
}

/** Providers send the same few names with each answer; a name that is known already costs half as much. */
const lowerCaseNames = new Map<string, string>();
const maxKnownNames = 512;

function lowerCase(name: string): string {
  const known = lowerCaseNames.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  // A copy: a piece of a text keeps all of the text in memory.
  if (lowerCaseNames.size < maxKnownNames) lowerCaseNames.set(Buffer.from(name).toString(), lower);
  return lower;
}

function addHeader(headers: ResponseHeaders, name: string, value: string): void {
  const known = headers[name];
  if (known === undefined) headers[name] = value;
  else if (typeof known === "string") headers[name] = [known, value];
  else known.push(value);
}

/**
 * The value without the spaces around it. A tab stays, and makes a framing header invalid: parsers disagree on whether
 * `chunked` and a tab is chunked.
 */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && text.charCodeAt(start) === space) start++;
  while (end > start && text.charCodeAt(end - 1) === space) end--;
  return text.slice(start, end);
}

const empty: Framing = { kind: "empty" };
const chunked: Framing = { kind: "chunked" };
const untilClose: Framing = { kind: "until-close" };

/** Also where there is no body, both headers have to be in order: a parser in between may have gone by them. */
function readFraming(status: number, headers: ResponseHeaders, isOldVersion: boolean): Framing {
  const { "transfer-encoding": encoding, "content-length": length } = headers;
  const framing =
    encoding === undefined ? readLength(length) : readEncoding({ encoding, length, isOldVersion });
  return status < 200 || status === 204 || status === 304 ? empty : framing;
}

type HeaderValue = ResponseHeaders[string];

function readEncoding(head: { encoding: HeaderValue; length: HeaderValue; isOldVersion: boolean }): Framing {
  if (head.length !== undefined) {
    throw invalidResponse("the head has both a content-length and a transfer-encoding");
  }
  if (typeof head.encoding !== "string" || head.encoding.toLowerCase() !== "chunked" || head.isOldVersion) {
    throw invalidResponse("the transfer-encoding is not chunked");
  }
  return chunked;
}

function readLength(length: HeaderValue): Framing {
  if (length === undefined) return untilClose;
  if (typeof length !== "string" || !/^[0-9]{1,15}$/.test(length)) {
    throw invalidResponse("the content-length is not one number");
  }
  const bytes = Number(length);
  return bytes === 0 ? empty : { kind: "sized", length: bytes };
}

function readKeepAlive(headers: ResponseHeaders, isOldVersion: boolean): number | null {
  const { connection, "keep-alive": hint } = headers;
  // An HTTP/1.0 server that keeps connections is so rare that the parser needs no rule for it.
  if (isOldVersion) return 0;
  if (connection !== undefined && /(?:^|[\s,])close(?:$|[\s,])/i.test(String(connection))) return 0;
  const seconds =
    typeof hint === "string" ? /(?:^|[\s,;])timeout=([0-9]{1,6})(?:$|[\s,;])/i.exec(hint)?.[1] : undefined;
  return seconds === undefined ? null : Number(seconds) * 1_000;
}
