import uWebSockets, { type HttpResponse, type us_listen_socket } from "uWebSockets.js";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type {
  BodyOutcome,
  CloseReason,
  Exchange,
  RequestHead,
  ResponseHead,
  WriteOutcome,
} from "./exchange.ts";
import { chooseRequestId, readHead } from "./request-head.ts";
import { statusLine } from "./status-line.ts";

/**
 * Bytes handed to the socket at a time. When the kernel takes no more, one piece at most is buffered before the
 * upstream is paused, so that a reader that has stopped costs a bounded amount of memory.
 */
const pieceBytes = 16_384;

export type ServerOptions = {
  deadlines: Deadlines;
  now: () => number;
  newId: () => string;
  maxBodyBytes: number;
  /** Milliseconds in which a body must have arrived; shorter than the parser's own cut at 10 s, which says nothing. */
  bodyTimeoutMs: number;
  stalledReaderTimeoutMs: number;
  /** While true, every answer closes its connection, so that clients move to another instance. */
  isDraining: () => boolean;
  /** Takes every request. It must not throw. */
  onRequest: (exchange: Exchange) => void;
};

export type Server = {
  /** Resolves once the port is bound; rejects with a sentence when it cannot be. */
  listen(host: string, port: number): Promise<void>;
  /** Accepts no more connections; the open ones go on. */
  stopListening(): void;
  /** Closes every connection. The thread must not exit before this, or the process aborts. */
  close(): void;
};

// The header that names the library and its version helps nobody but an attacker. The call is not in its typings.
(uWebSockets as unknown as { _cfg(option: "silent"): void })._cfg("silent");

/** The gateway's HTTP side. This file alone touches uWebSockets.js's `res`, which kills the process when misused. */
export function createServer(options: ServerOptions): Server {
  const app = uWebSockets.App();
  let listenSocket: us_listen_socket | null = null;
  app.any("/*", (response, request) => {
    options.onRequest(new SocketExchange(response, readHead(request), options));
  });
  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        app.listen(host, port, (socket) => {
          if (!socket) return reject(new Error(`The proxy cannot listen on ${host}:${port}.`));
          listenSocket = socket;
          resolve();
        });
      }),
    stopListening() {
      if (listenSocket) uWebSockets.us_listen_socket_close(listenSocket);
      listenSocket = null;
    },
    close() {
      listenSocket = null;
      app.close();
    },
  };
}

const emptyBody: BodyOutcome = { kind: "complete", body: Buffer.alloc(0) };

class SocketExchange implements Exchange {
  readonly id: string;
  readonly requestId: string;
  readonly head: RequestHead;
  readonly acceptedAt: number;
  readonly body: Promise<BodyOutcome>;
  closed: CloseReason | null = null;
  started = false;
  private readonly response: HttpResponse;
  private readonly options: ServerOptions;
  private ended = false;
  private bodyComplete = false;
  private settleBody: ((outcome: BodyOutcome) => void) | null = null;
  private closeListener: ((reason: CloseReason) => void) | null = null;
  private drainListener: (() => void) | null = null;
  /** Bytes that wait for the socket; non-empty only while backed up. */
  private pending: Buffer[] = [];
  private backedUp = false;
  /** A stream's head has announced that the connection ends with it. */
  private closing = false;
  private stallDeadline: Deadline | null = null;

  constructor(response: HttpResponse, head: RequestHead, options: ServerOptions) {
    this.response = response;
    this.head = head;
    this.options = options;
    this.acceptedAt = options.now();
    this.id = options.newId();
    this.requestId = chooseRequestId(head, this.id);
    response.onAborted(() => this.close("client-gone"));
    if (head.method === "GET" || head.method === "HEAD") {
      this.bodyComplete = true;
      this.body = Promise.resolve(emptyBody);
    } else {
      this.body = this.receiveBody();
    }
  }

  onClose(listener: (reason: CloseReason) => void): void {
    if (this.closed !== null) listener(this.closed);
    else this.closeListener = listener;
  }

  onDrain(listener: () => void): void {
    this.drainListener = listener;
  }

  respond(head: ResponseHead, body: Buffer | string): void {
    if (this.closed !== null || this.ended) return;
    this.ended = true;
    this.started = true;
    this.response.cork(() => {
      this.writeHead(head);
      if (this.head.method === "HEAD")
        this.response.endWithoutBody(Buffer.byteLength(body), this.mustClose(head));
      else this.response.end(body, this.mustClose(head));
    });
    this.release();
  }

  start(head: ResponseHead, first: Buffer): WriteOutcome {
    if (this.closed !== null || this.ended) return "flowing";
    this.started = true;
    this.response.onWritable(() => this.drain());
    return this.cork(() => {
      this.writeHead(head);
      this.closing = this.mustClose(head);
      if (this.closing) this.response.writeHeader("connection", "close");
      return this.writePieces(first);
    });
  }

  write(bytes: Buffer): WriteOutcome {
    if (this.closed !== null || this.ended || bytes.length === 0) return "flowing";
    if (this.backedUp) {
      this.pending.push(bytes);
      return "backed-up";
    }
    return this.cork(() => this.writePieces(bytes));
  }

  finish(bytes: Buffer): void {
    if (this.closed !== null || this.ended) return;
    this.ended = true;
    const rest = this.pending.length === 0 ? bytes : Buffer.concat([...this.pending, bytes]);
    this.response.cork(() => {
      if (rest.length > 0) this.response.write(rest);
      this.response.end(undefined, this.closing || this.options.isDraining());
    });
    this.release();
  }

  /**
   * All headers cross into native code as one: each crossing costs about as much as assembling the whole block. No
   * value holds a line break: those from upstream and those that a client chose are checked where they come from.
   */
  private writeHead(head: ResponseHead): void {
    this.response.writeStatus(statusLine(head.status));
    const [first, ...rest] = head.headers;
    if (first === undefined) return;
    let block = first[1];
    for (const [name, value] of rest) block += `\r\n${name}: ${value}`;
    this.response.writeHeader(first[0], block);
  }

  /** An unread rest of the body, or framing that another parser may read otherwise, must not meet a second request. */
  private mustClose(head: ResponseHead): boolean {
    return (
      head.closeConnection ||
      !this.bodyComplete ||
      this.head.transferEncoding !== null ||
      this.head.duplicateHeader !== null ||
      this.options.isDraining()
    );
  }

  private cork(write: () => WriteOutcome): WriteOutcome {
    let outcome: WriteOutcome = "flowing";
    this.response.cork(() => {
      outcome = write();
    });
    return outcome;
  }

  /** Writes until the socket takes no more and keeps the rest. */
  private writePieces(bytes: Buffer): WriteOutcome {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.length <= pieceBytes ? bytes : bytes.subarray(at, at + pieceBytes);
      if (this.response.write(piece)) continue;
      if (at + pieceBytes < bytes.length) this.pending.push(bytes.subarray(at + pieceBytes));
      this.backUp();
      return "backed-up";
    }
    return "flowing";
  }

  private backUp(): void {
    this.backedUp = true;
    const dueAt = this.options.now() + this.options.stalledReaderTimeoutMs;
    this.stallDeadline ??= this.options.deadlines.add(dueAt, () => this.closeStalled());
    this.stallDeadline.dueAt = dueAt;
  }

  /** The socket has room again: the reader has taken something. */
  private drain(): boolean {
    if (this.closed !== null || this.ended) return true;
    if (!this.backedUp) return true;
    this.backedUp = false;
    const waiting = this.pending;
    this.pending = [];
    const outcome =
      waiting.length === 0 ? "flowing" : this.cork(() => this.writePieces(Buffer.concat(waiting)));
    if (outcome === "backed-up") return true;
    this.clearStallDeadline();
    this.drainListener?.();
    return true;
  }

  private closeStalled(): void {
    this.stallDeadline = null;
    if (this.closed !== null || this.ended) return;
    this.close("client-stalled");
    this.response.close();
  }

  private close(reason: CloseReason): void {
    if (this.closed !== null) return;
    this.closed = reason;
    this.release();
    this.closeListener?.(reason);
  }

  private release(): void {
    // After an answer nobody waits for the body; its deadline would keep this request in memory until it is due.
    this.settleBody?.({ kind: "gone" });
    this.pending = [];
    this.clearStallDeadline();
  }

  private clearStallDeadline(): void {
    if (this.stallDeadline) this.options.deadlines.clear(this.stallDeadline);
    this.stallDeadline = null;
  }

  /** Attached before the route handler returns: after an await the body would be lost. */
  private receiveBody(): Promise<BodyOutcome> {
    const { deadlines, now, bodyTimeoutMs, maxBodyBytes } = this.options;
    const { promise, resolve } = Promise.withResolvers<BodyOutcome>();
    const deadline = deadlines.add(now() + bodyTimeoutMs, () => settle({ kind: "timed-out" }));
    const chunks: Buffer[] = [];
    let received = 0;
    const settle = (outcome: BodyOutcome) => {
      if (this.settleBody === null) return;
      this.settleBody = null;
      deadlines.clear(deadline);
      resolve(outcome);
    };
    this.settleBody = settle;
    this.response.onData((chunk, isLast) => {
      if (isLast) this.bodyComplete = true;
      if (this.settleBody === null) return;
      received += chunk.byteLength;
      if (received > maxBodyBytes) return settle({ kind: "too-large" });
      // The memory is taken back when this callback returns, so the bytes are copied.
      chunks.push(Buffer.from(new Uint8Array(chunk)));
      if (isLast)
        settle({
          kind: "complete",
          body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
        });
    });
    return promise;
  }
}
