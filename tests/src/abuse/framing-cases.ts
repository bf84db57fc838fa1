/** What the running proxy does with a connection that sends these bytes. */
export type Verdict =
  /** Answered, and the next request on the connection is answered as itself. */
  | { kind: "kept"; status: number }
  /** Answered once, and the connection ends. `code` is null where the HTTP parser itself answers. */
  | { kind: "closed"; status: number; code: string | null }
  /** The connection ends without an answer. */
  | { kind: "cut" };

export type FramingCase = { title: string; bytes: string; verdict: Verdict };

/** Stands for the API key in the cases' bytes, and is as long as one. */
export const keyPlaceholder = `pk_${"?".repeat(48)}`;

const body = '{"model":"mock-fast?chunks=1","messages":[{"role":"user","content":"hi"}]}';
const hexLength = body.length.toString(16);
const host = "Host: gateway\r\n";
const type = "Content-Type: application/json\r\n";
const authorization = `Authorization: Bearer ${keyPlaceholder}\r\n`;
const line = "POST /v1/chat/completions HTTP/1.1\r\n";
const start = line + host + authorization + type;
const length = `Content-Length: ${body.length}\r\n`;
const chunked = "Transfer-Encoding: chunked\r\n";
const chunks = `${hexLength}\r\n${body}\r\n0\r\n\r\n`;

const sized = (headers: string): string => `${start}${headers}${length}\r\n${body}`;
const inChunks = (headers: string): string => `${start}${headers}\r\n${chunks}`;
const get = (target: string, headers = ""): string => `GET ${target} HTTP/1.1\r\n${host}${headers}\r\n`;

const kept = (title: string, status: number, bytes: string): FramingCase => ({
  title,
  bytes,
  verdict: { kind: "kept", status },
});
/** Refused by the gateway, in OpenAI's envelope. */
const closed = (title: string, outcome: [status: number, code: string], bytes: string): FramingCase => ({
  title,
  bytes,
  verdict: { kind: "closed", status: outcome[0], code: outcome[1] },
});
/** Answered by the gateway, and the connection ends all the same. */
const last = (title: string, bytes: string): FramingCase => ({
  title,
  bytes,
  verdict: { kind: "closed", status: 200, code: null },
});
/** Refused by the HTTP parser, with a page of its own. */
const parser = (title: string, status: number, bytes: string): FramingCase => ({
  title,
  bytes,
  verdict: { kind: "closed", status, code: null },
});
const cut = (title: string, bytes: string): FramingCase => ({ title, bytes, verdict: { kind: "cut" } });

const ambiguous: [number, string] = [400, "duplicate_header"];
const invalid: [number, string] = [400, "invalid_request"];

const lengths: FramingCase[] = [
  kept("a length", 200, sized("")),
  kept("blanks behind the length", 200, `${start}Content-Length: ${body.length} \t\r\n\r\n${body}`),
  closed("two lengths that differ", ambiguous, sized("Content-Length: 0\r\n")),
  closed("the same length twice", ambiguous, sized(length)),
  parser("a list of lengths", 400, `${start}Content-Length: ${body.length}, ${body.length}\r\n\r\n${body}`),
  parser("a length with a plus", 400, `${start}Content-Length: +${body.length}\r\n\r\n${body}`),
  parser("a negative length", 400, `${start}Content-Length: -1\r\n\r\n${body}`),
  parser("a hexadecimal length", 400, `${start}Content-Length: 0x${hexLength}\r\n\r\n${body}`),
  parser("a length with a letter behind", 400, `${start}Content-Length: ${body.length}a\r\n\r\n${body}`),
  parser("a length beyond 64 bits", 400, `${start}Content-Length: 18446744073709551620\r\n\r\n${body}`),
  closed(
    "sixteen digits of length",
    invalid,
    `${start}Content-Length: ${"0".repeat(14)}${body.length}\r\n\r\n${body}`,
  ),
  closed("an empty length", invalid, `${start}Content-Length: \r\n\r\n`),
  closed("no length at all", [400, "invalid_json"], `${start}\r\n`),
  closed(
    "a length behind a nameless header",
    [400, "invalid_json"],
    `${start}: x\r\nContent-Length: 99\r\n\r\n`,
  ),
  closed("a length of 100 MB", [413, "payload_too_large"], `${start}Content-Length: 104857600\r\n\r\n`),
];

const codings: FramingCase[] = [
  last("chunks", inChunks(chunked)),
  last("a coding with tabs around it", inChunks("Transfer-Encoding:\tchunked\t\r\n")),
  parser("a length and chunks", 400, `${start}${length}${chunked}\r\n${chunks}`),
  parser("chunks and a length", 400, `${start}${chunked}${length}\r\n${chunks}`),
  closed("chunked twice", ambiguous, inChunks(chunked + chunked)),
  closed("chunked, then identity", ambiguous, inChunks(`${chunked}Transfer-Encoding: identity\r\n`)),
  closed("identity, then chunked", ambiguous, inChunks(`Transfer-Encoding: identity\r\n${chunked}`)),
  parser("identity", 400, `${start}Transfer-Encoding: identity\r\n\r\n${body}`),
  closed("xchunked", invalid, inChunks("Transfer-Encoding: xchunked\r\n")),
  closed("Chunked, with a capital", invalid, inChunks("Transfer-Encoding: Chunked\r\n")),
  closed("gzip, chunked", invalid, inChunks("Transfer-Encoding: gzip, chunked\r\n")),
  closed("chunked, chunked", invalid, inChunks("Transfer-Encoding: chunked, chunked\r\n")),
  closed("an empty coding", invalid, sized("Transfer-Encoding: \r\n")),
  parser("a vertical tab before the coding", 400, inChunks("Transfer-Encoding: \vchunked\r\n")),
  parser("a blank before the coding's colon", 400, inChunks("Transfer-Encoding : chunked\r\n")),
  parser("a coding on a folded line", 400, inChunks("Transfer-Encoding:\r\n chunked\r\n")),
  kept("a coding with an underscore in its name", 200, sized("Transfer_Encoding: chunked\r\n")),
  last("chunks behind a GET", `${get("/v1/models", authorization + chunked)}5\r\nhello\r\n0\r\n\r\n`),
];

const chunkBodies: FramingCase[] = [
  last("zeros before a chunk's size", `${start}${chunked}\r\n0000${chunks}`),
  last("a blank behind a chunk's size", `${start}${chunked}\r\n${hexLength} \r\n${body}\r\n0\r\n\r\n`),
  last("a chunk's size ended by a bare LF", `${start}${chunked}\r\n${hexLength}\n${body}\r\n0\r\n\r\n`),
  last("other bytes for the CRLF behind a chunk", `${start}${chunked}\r\n${hexLength}\r\n${body}XX0\r\n\r\n`),
  closed("an empty chunk size", [400, "invalid_json"], `${start}${chunked}\r\n\r\n${body}\r\n0\r\n\r\n`),
  parser("a chunk's size with 0x", 400, `${start}${chunked}\r\n0x${chunks}`),
  parser("a chunk's size beyond 64 bits", 400, `${start}${chunked}\r\nFFFFFFFFFFFFFFFFF\r\n${body}`),
  parser("a negative chunk size", 400, `${start}${chunked}\r\n-5\r\nhello\r\n0\r\n\r\n`),
  parser("trailers", 505, `${start}${chunked}\r\n${hexLength}\r\n${body}\r\n0\r\nX-Trailer: 1\r\n\r\n`),
  closed(
    "a chunk extension, which is not understood",
    [408, "request_timeout"],
    `${start}${chunked}\r\n${hexLength};a=b\r\n${body}\r\n0\r\n\r\n`,
  ),
];

const heads: FramingCase[] = [
  parser("a blank before a colon", 400, sized("Foo : x\r\n")),
  parser("a folded line", 400, sized("Foo: x\r\n y\r\n")),
  parser("lines ended by bare LF", 505, `${start}${length}\r\n`.replaceAll("\r\n", "\n") + body),
  parser("a bare LF that hides a coding", 400, sized("Foo: x\nTransfer-Encoding: chunked\r\n")),
  cut("a bare CR in a value", sized("Foo: a\rb\r\n")),
  parser("NUL in a value", 400, sized("Foo: a\0b\r\n")),
  parser("a control character in a value", 400, sized("Foo: a\u0001b\r\n")),
  parser("a line without a colon", 400, sized("Foo\r\n")),
  parser("a bracket in a name", 400, sized("Fo(o: x\r\n")),
  parser("a byte beyond ASCII in a name", 400, sized("Fo\u00ffo: x\r\n")),
  parser("two hosts", 400, sized("Host: other\r\n")),
  parser("no host", 400, `${line}${authorization}${type}${length}\r\n${body}`),
  kept("an empty host", 200, `${line}Host: \r\n${authorization}${type}${length}\r\n${body}`),
  closed("two authorizations", [400, "ambiguous_credentials"], sized(authorization)),
  closed("two content types", ambiguous, sized(type)),
  kept("authorization and x-api-key", 400, sized(`X-Api-Key: ${keyPlaceholder}\r\n`)),
  kept("12 KiB of head", 200, sized(`X-Long: ${"a".repeat(12_288)}\r\n`)),
  parser("17 KiB of head", 431, sized(`X-Long: ${"a".repeat(17_408)}\r\n`)),
  parser("101 headers", 431, sized(Array.from({ length: 101 }, (_, index) => `X-${index}: a\r\n`).join(""))),
  kept(
    "names of other headers in connection",
    200,
    sized("Connection: keep-alive, authorization, content-length\r\n"),
  ),
  last("connection: close", sized("Connection: close\r\n")),
  kept("an upgrade to HTTP/2", 200, sized("Connection: Upgrade\r\nUpgrade: h2c\r\n")),
  kept("expect: 100-continue", 200, sized("Expect: 100-continue\r\n")),
];

const requestLines: FramingCase[] = [
  parser("HTTP/1.0", 505, sized("").replace("HTTP/1.1", "HTTP/1.0")),
  parser("HTTP/2's preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  parser("HTTP/0.9", 505, "GET /health\r\n"),
  parser("a TLS hello", 505, `\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003${"a".repeat(500)}`),
  parser("an absolute target", 505, sized("").replace("/v1", "http://gateway/v1")),
  parser("OPTIONS *", 505, `OPTIONS * HTTP/1.1\r\n${host}\r\n`),
  parser("CONNECT", 505, `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${host}\r\n`),
  parser("tabs for blanks", 505, `GET\t/health\tHTTP/1.1\r\n${host}\r\n`),
  parser("a blank in the target", 505, get("/health /x")),
  closed("TRACE", [405, "method_not_allowed"], `TRACE /v1/models HTTP/1.1\r\n${host}\r\n`),
  kept("a method in small letters", 405, sized("").replace("POST", "post")),
  kept("8 KB of target", 404, get(`/${"a".repeat(8_000)}`)),
  kept("dots that climb", 404, get("/v1/../metrics")),
  cut("an empty line before the request", `\r\n${sized("")}`),
];

const bodies: FramingCase[] = [
  kept("a body behind a GET", 200, `${get("/v1/models", `${authorization}Content-Length: 5\r\n`)}hello`),
  closed("a body that does not end", [408, "request_timeout"], `${start}${length}\r\n{`),
  closed("chunks that do not end", [408, "request_timeout"], `${start}${chunked}\r\n5\r\nab`),
  cut("a head that does not end", `${start}Foo`),
  cut("two requests at once", sized("") + sized("")),
];

/** The corpus, in the order of the table in docs/reliability.md. */
export const framingCases: FramingCase[] = [
  ...lengths,
  ...codings,
  ...chunkBodies,
  ...heads,
  ...requestLines,
  ...bodies,
];

/** A request that hides behind another one; its model and its id betray it when it is taken for a request. */
export const smuggledRequest = ((): string => {
  const hidden = '{"model":"smuggled","messages":[{"role":"user","content":"hi"}]}';
  return `${start}X-Request-Id: smuggled\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`;
})();

/** Requests whose body is another request. The gateway answers the first one alone, whatever it thinks of it. */
export const requestsWithin: [title: string, bytes: string][] = [
  ["GET", get("/v1/models", `${authorization}Content-Length: ${smuggledRequest.length}\r\n`)],
  [
    "HEAD",
    `HEAD /v1/models HTTP/1.1\r\n${host}${authorization}Content-Length: ${smuggledRequest.length}\r\n\r\n`,
  ],
  ["404", `POST /nowhere HTTP/1.1\r\n${host}Content-Length: ${smuggledRequest.length}\r\n\r\n`],
  ["405", `POST /health HTTP/1.1\r\n${host}Content-Length: ${smuggledRequest.length}\r\n\r\n`],
  ["401", `${line}${host}${type}Content-Length: ${smuggledRequest.length}\r\n\r\n`],
  ["415", `${line}${host}${authorization}Content-Length: ${smuggledRequest.length}\r\n\r\n`],
  ["400", `${start}Content-Length: ${smuggledRequest.length}\r\n\r\n`],
];

/** Header lines that could make a front and the gateway disagree on the length beside them. */
const confusingLines = [
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding: Chunked",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: \vchunked",
  "Transfer-Encoding : chunked",
  "Transfer-Encoding:\r\n chunked",
  "Transfer_Encoding: chunked",
  "X: y\nTransfer-Encoding: chunked",
  "X: y\rTransfer-Encoding: chunked",
  "Content-Length: 0",
  "Content-Length: ",
  "Content-Length : 0",
  "Content_Length: 0",
  "Content-Length: +0",
  ": nameless",
  "Connection: content-length, keep-alive",
  "Expect: 100-continue",
  "Upgrade: h2c",
];

/** A length that covers the request in the body, beside each of the lines that could take it away, before or behind. */
export const confusions: [title: string, bytes: string][] = confusingLines.flatMap((confusing) => {
  const own = `Content-Length: ${smuggledRequest.length}\r\n`;
  return [
    [
      `${JSON.stringify(confusing)} before the length`,
      `${start}${confusing}\r\n${own}\r\n${smuggledRequest}`,
    ],
    [
      `${JSON.stringify(confusing)} behind the length`,
      `${start}${own}${confusing}\r\n\r\n${smuggledRequest}`,
    ],
  ];
});

/** Requests to cut in two at each of their bytes: `[title, bytes, status and whether the connection goes on]`. */
export const splitRequests: [title: string, bytes: string, outcome: string][] = [
  ["a length", sized(""), "200 kept"],
  ["chunks", inChunks(chunked), "200 close"],
  ["two lengths", sized("Content-Length: 0\r\n"), "400 close"],
];
