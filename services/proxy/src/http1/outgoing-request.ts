import { Http1Error } from "./http1-error.ts";

/** Larger bodies are written beside their head instead of being copied behind it. */
const maxCopiedBody = 32_768;

const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
/** A path and query as they stand in a request line: no white space, no control characters, nothing beyond ASCII. */
const requestTarget = /^\/[\x21-\x7e]*$/;

export type RequestHead = {
  /** `host` or `host:port`, as in the URL. */
  host: string;
  path: string;
  headers: Readonly<Record<string, string>>;
};

/** What of a POST's head does not change from call to call: all but the body's length, which stands last. */
export type RequestPrefix = { readonly bytes: Buffer };

/**
 * Throws `Http1Error` for a path or header that would end its line early: what follows would be a header, or a request,
 * of somebody else's making. The message does not repeat the value, which may be a credential.
 */
export function requestPrefix({ host, path, headers }: RequestHead): RequestPrefix {
  if (!requestTarget.test(path))
    throw invalidRequest("the path holds a character that a request line cannot");
  let text = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (!fieldName.test(name)) throw invalidRequest("a header's name is not a token");
    if (!fieldValue.test(value))
      throw invalidRequest(`the header ${name} holds a character that a header cannot`);
    text += `${name}: ${value}\r\n`;
  }
  return { bytes: Buffer.from(`${text}content-length: `, "latin1") };
}

/** A whole request as one or two pieces, in order. */
export function encodeRequest({ bytes: prefix }: RequestPrefix, body: Buffer): Buffer[] {
  const rest = `${body.length}\r\n\r\n`;
  const isCopied = body.length <= maxCopiedBody;
  const headLength = prefix.length + rest.length;
  const first = Buffer.allocUnsafe(isCopied ? headLength + body.length : headLength);
  prefix.copy(first);
  first.write(rest, prefix.length, "latin1");
  if (!isCopied) return [first, body];
  body.copy(first, headLength);
  return [first];
}

function invalidRequest(message: string): Http1Error {
  return new Http1Error("HTTP1_INVALID_REQUEST", message);
}
