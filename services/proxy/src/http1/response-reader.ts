import { ChunkedDecoder, type Spans } from "./chunked-decoder.ts";
import { Http1Error, invalidResponse } from "./http1-error.ts";
import { LineBlock, type Span } from "./line-block.ts";
import { parseResponseHead, type ResponseHead } from "./response-head.ts";

/** All of a head, its line ends included; Node's own parser has the same limit. */
const maxHeadBytes = 16_384;
/** Heads of status 1xx before the answer's own. */
const maxInterimHeads = 8;
const protocol = Buffer.from("HTTP/1.");

export type ResponseSink = {
  onHead(head: ResponseHead): void;
  /** A copy that is the receiver's to keep. */
  onData(bytes: Buffer): void;
};

/** `complete`: the answer is whole. `surplus`: it is, and bytes stand behind it that belong to no answer. */
export type ReadOutcome = "incomplete" | "complete" | "surplus";

/** What the next byte belongs to. */
type Place = "head" | "sized" | "chunked" | "until-close" | "over";

/**
 * Reads one answer after the other from a connection's bytes, however they are cut. It knows no sockets. The bytes given
 * are only looked at during the call: what is handed on is copied, in one piece for all the content among them.
 */
export class ResponseReader {
  private readonly sink: ResponseSink;
  private readonly lines = new LineBlock(maxHeadBytes);
  private readonly decoder = new ChunkedDecoder();
  private readonly spans: Spans = { count: 0, bounds: [] };
  private place: Place = "head";
  private remaining = 0;
  private interimHeads = 0;
  /** What the last head says of the connection's future. */
  keepAliveMs: number | null = null;

  constructor(sink: ResponseSink) {
    this.sink = sink;
  }

  /** Made ready for the next answer. */
  expectAnswer(): void {
    this.place = "head";
    this.interimHeads = 0;
  }

  /** No byte of the awaited answer has come. */
  get isUntouched(): boolean {
    return this.place === "head" && this.interimHeads === 0 && !this.lines.isBegun;
  }

  /** Reads the first `length` bytes. Throws `Http1Error` when they are no valid answer. */
  push(bytes: Buffer, length: number): ReadOutcome {
    let start = 0;
    while (this.place === "head") {
      if (start === length) return "incomplete";
      start = this.readHead(bytes, { start, end: length });
      if (start === -1) return "incomplete";
    }
    const stop = this.readBody(bytes, { start, end: length });
    if (this.place !== "over") return "incomplete";
    return stop === length ? "complete" : "surplus";
  }

  /** The upstream will send no more. Throws `Http1Error` when that leaves an answer incomplete. */
  end(): void {
    if (this.place === "head" || this.place === "sized" || this.place === "chunked") {
      throw new Http1Error(
        "HTTP1_CONNECTION_CLOSED",
        "the upstream closed the connection before the answer's end",
      );
    }
    this.place = "over";
  }

  private readHead(bytes: Buffer, span: Span): number {
    if (!this.lines.isBegun) expectProtocol(bytes, span);
    const behind = this.lines.push(bytes, span);
    if (behind === -1) return -1;
    const head = parseResponseHead(this.lines.text);
    if (head.status >= 200) this.begin(head);
    else if (head.status === 101)
      throw invalidResponse("the upstream changes the protocol, which was not asked for");
    else if (++this.interimHeads > maxInterimHeads) throw invalidResponse("the interim answers do not end");
    return behind;
  }

  private begin(head: ResponseHead): void {
    const { framing } = head;
    this.keepAliveMs = framing.kind === "until-close" ? 0 : head.keepAliveMs;
    this.place = framing.kind === "empty" ? "over" : framing.kind;
    if (framing.kind === "sized") this.remaining = framing.length;
    if (framing.kind === "chunked") this.decoder.reset();
    this.sink.onHead(head);
  }

  private readBody(bytes: Buffer, { start, end }: Span): number {
    if (start === end || this.place === "over") return start;
    if (this.place === "chunked") return this.readChunks(bytes, { start, end });
    const stop = this.place === "sized" ? Math.min(end, start + this.remaining) : end;
    if (this.place === "sized") {
      this.remaining -= stop - start;
      if (this.remaining === 0) this.place = "over";
    }
    this.sink.onData(copyOf(bytes, start, stop));
    return stop;
  }

  private readChunks(bytes: Buffer, span: Span): number {
    const { spans, decoder } = this;
    spans.count = 0;
    const stop = decoder.decode(bytes, span, spans);
    if (decoder.isOver) this.place = "over";
    const [start, end] = spans.bounds;
    if (spans.count === 2) this.sink.onData(copyOf(bytes, start as number, end as number));
    else if (spans.count > 2) this.sink.onData(gather(bytes, spans));
    return stop;
  }
}

/** A server that does not speak HTTP may never end its first line. */
function expectProtocol(bytes: Buffer, { start, end }: Span): void {
  const length = Math.min(protocol.length, end - start);
  for (let at = 0; at < length; at++) {
    if (bytes[start + at] !== protocol[at]) throw invalidResponse("the answer does not begin as HTTP/1");
  }
}

function copyOf(bytes: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  bytes.copy(copy, 0, start, end);
  return copy;
}

/** The content of several chunks that came together, as one. */
function gather(bytes: Buffer, { count, bounds }: Spans): Buffer {
  let length = 0;
  for (let at = 0; at < count; at += 2) length += (bounds[at + 1] as number) - (bounds[at] as number);
  const content = Buffer.allocUnsafe(length);
  let offset = 0;
  for (let at = 0; at < count; at += 2) offset += bytes.copy(content, offset, bounds[at], bounds[at + 1]);
  return content;
}
