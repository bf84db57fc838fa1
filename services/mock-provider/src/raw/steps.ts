/** One thing that a script does to its connection. */
export type Step =
  | { kind: "write"; bytes: Buffer | string }
  /** Each byte in a write of its own, `gapMs` apart; 0 leaves one turn of the event loop between them. */
  | { kind: "each-byte"; bytes: Buffer | string; gapMs: number }
  | { kind: "wait"; milliseconds: number }
  /** Ends the connection in good order (FIN). */
  | { kind: "finish" }
  /** Ends the connection with RST. */
  | { kind: "reset" };

/** What a script answers with: the plain answer of the request, and the head that belongs to it. */
export type Script = (answer: RawAnswer) => Iterable<Step>;

export type RawAnswer = {
  status: number;
  headers: [name: string, value: string][];
  /** The whole body: JSON, or every event of the stream. */
  body: Buffer;
  stream: boolean;
  /** The pace that the request asks for, in milliseconds. */
  paceMs: number;
};

export function write(bytes: Buffer | string): Step {
  return { kind: "write", bytes };
}

/** A head of well-formed HTTP/1.1: status line, the answer's headers, `framing` and the empty line. */
export function headText(answer: RawAnswer, framing: [name: string, value: string][]): string {
  return headTextWith(answer, { framing, lineEnd: "\r\n" });
}

export function headTextWith(
  answer: RawAnswer,
  options: { framing: [name: string, value: string][]; lineEnd: string },
): string {
  const lines = [...answer.headers, ...options.framing].map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${answer.status} OK`, ...lines, "", ""].join(options.lineEnd);
}

/** The framing that an honest server would use: a length for a whole answer, chunks for a stream. */
export function honestFraming(answer: RawAnswer): [string, string][] {
  return answer.stream
    ? [["transfer-encoding", "chunked"]]
    : [["content-length", String(answer.body.length)]];
}

/** The body under its honest framing, as one chunk where it has chunks. */
export function honestBody(answer: RawAnswer): Buffer {
  return answer.stream ? Buffer.concat([chunk(answer.body), lastChunk]) : answer.body;
}

export function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

export const lastChunk = Buffer.from("0\r\n\r\n");
