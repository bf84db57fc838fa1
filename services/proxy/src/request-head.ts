import type { HttpRequest } from "uWebSockets.js";
import type { RequestHead } from "./exchange.ts";

/**
 * Headers of which a second one is refused: two parsers that pick different ones would see two different requests.
 * The HTTP parser underneath takes the first of two different `content-length` and of two `authorization`.
 */
const singleHeaders = new Set([
  "content-length",
  "transfer-encoding",
  "host",
  "authorization",
  "x-api-key",
  "content-type",
  "content-encoding",
]);

/** Reads the head in one walk over the headers. It must run before the route handler returns. */
export function readHead(request: HttpRequest): RequestHead {
  const path = request.getUrl();
  const head: RequestHead = {
    method: request.getCaseSensitiveMethod(),
    path,
    query: hasQuery(path) ? request.getQuery() || null : null,
    authorization: null,
    apiKey: null,
    contentType: null,
    contentEncoding: null,
    contentLength: null,
    transferEncoding: null,
    requestId: null,
    metadata: null,
    timeoutMs: null,
    explain: null,
    vendorHeaders: null,
    duplicateHeader: null,
  };
  const seen: string[] = [];
  request.forEach((name, value) => {
    if (singleHeaders.has(name)) {
      if (seen.includes(name)) head.duplicateHeader ??= name;
      seen.push(name);
    }
    store(head, name, value);
  });
  return head;
}

/** The paths whose query says something: each look into the library costs a crossing. */
function hasQuery(path: string): boolean {
  return path.startsWith("/v1/messages") || path.startsWith("/v1/models");
}

function store(head: RequestHead, name: string, value: string): void {
  switch (name) {
    case "authorization":
      head.authorization ??= value;
      break;
    case "x-api-key":
      head.apiKey ??= value;
      break;
    case "content-type":
      head.contentType ??= value;
      break;
    case "content-encoding":
      head.contentEncoding ??= value;
      break;
    case "content-length":
      head.contentLength ??= /^\d{1,15}$/.test(value) ? Number(value) : "malformed";
      break;
    case "transfer-encoding":
      head.transferEncoding ??= value;
      break;
    case "x-request-id":
      head.requestId ??= value;
      break;
    case "x-perpetuo-metadata":
      head.metadata ??= value;
      break;
    case "x-perpetuo-explain":
      head.explain ??= value;
      break;
    case "x-perpetuo-timeout-ms":
      head.timeoutMs ??= value;
      break;
    default:
      if (!name.startsWith("anthropic-")) break;
      head.vendorHeaders ??= [];
      head.vendorHeaders.push([name, value]);
  }
}

/**
 * The request id: the client's when it is well formed (1 to 128 letters, digits and `-_.:`), so that log lines cannot
 * be forged through it; otherwise the gateway's own.
 */
export function chooseRequestId(head: RequestHead, own: string): string {
  return head.requestId !== null && /^[A-Za-z0-9_.:-]{1,128}$/.test(head.requestId) ? head.requestId : own;
}

/**
 * Whether two parsers could disagree on where this request ends, so that nothing behind it may be taken for a request.
 * The library reads chunks less strictly than others do, takes an empty length for none, and ends its list of headers
 * at one without a name: a request that should have a body and shows no length may have one all the same.
 */
export function isLastByFraming(head: RequestHead): boolean {
  const { method, duplicateHeader, transferEncoding, contentLength } = head;
  if (duplicateHeader !== null || transferEncoding !== null || contentLength === "malformed") return true;
  return contentLength === null && method !== "GET" && method !== "HEAD";
}
