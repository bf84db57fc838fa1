/** One request cut out of the bytes of a connection. */
export type RawRequest = {
  method: string;
  path: string;
  headers: [name: string, value: string][];
  body: Buffer;
};

export type ReadOutcome =
  | { kind: "request"; request: RawRequest; rest: Buffer }
  | { kind: "incomplete" }
  | { kind: "malformed" };

const headEnd = Buffer.from("\r\n\r\n");
const lineEnd = Buffer.from("\r\n");

/** Takes the first request from `bytes`. It reads what an ordinary HTTP/1.1 client sends, and judges nothing. */
export function readRequest(bytes: Buffer): ReadOutcome {
  const end = bytes.indexOf(headEnd);
  if (end === -1) return { kind: "incomplete" };
  const [requestLine = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const [method, path] = requestLine.split(" ");
  if (method === undefined || path === undefined) return { kind: "malformed" };
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const body = readBody(bytes.subarray(end + headEnd.length), headers);
  if (body.kind !== "body") return body;
  return { kind: "request", request: { method, path, headers, body: body.body }, rest: body.rest };
}

type BodyOutcome =
  | { kind: "body"; body: Buffer; rest: Buffer }
  | { kind: "incomplete" }
  | { kind: "malformed" };

function readBody(bytes: Buffer, headers: [string, string][]): BodyOutcome {
  const value = (name: string) => headers.find(([header]) => header === name)?.[1];
  if (value("transfer-encoding") === "chunked") return readChunks(bytes);
  const length = Number(value("content-length") ?? 0);
  if (bytes.length < length) return { kind: "incomplete" };
  return { kind: "body", body: bytes.subarray(0, length), rest: bytes.subarray(length) };
}

function readChunks(bytes: Buffer): BodyOutcome {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf(lineEnd, at);
    if (end === -1) return { kind: "incomplete" };
    const size = Number.parseInt(bytes.toString("latin1", at, end), 16);
    if (Number.isNaN(size)) return { kind: "malformed" };
    const start = end + lineEnd.length;
    const next = start + size + lineEnd.length;
    if (bytes.length < next) return { kind: "incomplete" };
    pieces.push(bytes.subarray(start, start + size));
    at = next;
    if (size === 0) return { kind: "body", body: Buffer.concat(pieces), rest: bytes.subarray(at) };
  }
}
