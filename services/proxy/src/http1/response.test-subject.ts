import type { ResponseHead } from "./response-head.ts";
import { ResponseReader } from "./response-reader.ts";

/** What a receiver heard of one answer, and how reading ended. */
export type Reading = {
  heads: { status: number; headers: Record<string, unknown> }[];
  body: string;
  /** How it ended: whole, whole with bytes behind it, not yet, or refused with an error's code. */
  outcome: string;
};

/** Reads the pieces as if each had been one read of a socket, with older bytes behind it in the same buffer. */
export function readPieces(pieces: readonly Buffer[], isEnded = false): Reading {
  const reading: Reading = { heads: [], body: "", outcome: "incomplete" };
  const reader = new ResponseReader({
    onHead: ({ status, headers }: ResponseHead) => reading.heads.push({ status, headers: { ...headers } }),
    onData: (bytes) => {
      reading.body += bytes.toString("latin1");
    },
  });
  const buffer = Buffer.alloc(70_000, "\r\n\r\n5\r\nstale");
  try {
    for (const piece of pieces) {
      if (reading.outcome === "complete") reading.outcome = "surplus";
      if (reading.outcome !== "incomplete") return reading;
      piece.copy(buffer);
      reading.outcome = reader.push(buffer, piece.length);
    }
    if (isEnded && reading.outcome === "incomplete") {
      reader.end();
      reading.outcome = "complete";
    }
  } catch (error) {
    reading.outcome = (error as { code: string }).code;
  }
  return reading;
}

export function read(text: string, isEnded = false): Reading {
  return readPieces([Buffer.from(text, "latin1")], isEnded);
}

/** The text in pieces, cut before each of the offsets. */
export function cut(text: string, offsets: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, "latin1");
  const places = [0, ...offsets, bytes.length];
  const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
  return pieces.filter(({ length }) => length > 0);
}

const head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";

/** Valid answers: how each is written, its body, and whether the connection's end is needed to know the answer's. */
export const validAnswers: { name: string; text: string; body: string; needsEnd?: true }[] = [
  { name: "sized", text: `${head}Content-Length: 5\r\n\r\nhello`, body: "hello" },
  { name: "sized, empty", text: `${head}Content-Length: 0\r\n\r\n`, body: "" },
  {
    name: "chunked",
    text: `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n`,
    body: "hello!",
  },
  { name: "chunked, empty", text: `${head}Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n`, body: "" },
  {
    name: "chunked with an extension and trailers",
    text: `${head}Transfer-Encoding: chunked\r\n\r\n00A;a="b;\\"";c=d\r\n0123456789\r\n0;c\r\nX-Sum: 1\r\nX: \r\n\r\n`,
    body: "0123456789",
  },
  {
    name: "chunked line ends as content",
    text: `${head}Transfer-Encoding: chunked\r\n\r\n4\r\n\r\n\r\n\r\n6\r\n0\r\n\r\nx\r\n0\r\n\r\n`,
    body: "\r\n\r\n0\r\n\r\nx",
  },
  { name: "until the connection ends", text: `${head}\r\nhello`, body: "hello", needsEnd: true },
  { name: "HTTP/1.0", text: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", body: "ok" },
  { name: "no reason", text: "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", body: "ok" },
  { name: "204", text: "HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n", body: "" },
  { name: "304 with a length", text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", body: "" },
  {
    name: "behind interim answers",
    text: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${head}Content-Length: 2\r\n\r\nok`,
    body: "ok",
  },
];
