import uWebSockets, { type HttpResponse } from "uWebSockets.js";
import { Bag } from "./bag.ts";
import { BodyCollector, type BodyLimits } from "./body-collector.ts";
import type {
  BodyOutcome,
  CloseReason,
  Exchange,
  Interruption,
  RequestHead,
  ResponseHead,
  WriteOutcome,
} from "./exchange.ts";
import { Port } from "./port.ts";
import { chooseRequestId, isLastByFraming, readHead } from "./request-head.ts";
import { StalledReader, type StalledReaderOptions } from "./stalled-reader.ts";
import { statusLine } from "./status-line.ts";

/**
 * Bytes handed to the socket at a time. When the kernel takes no more, one piece at most is buffered before the
 * upstream is paused, so that a reader that has stopped costs a bounded amount of memory.
 */
const pieceBytes = 16_384;

export type ServerOptions = BodyLimits &
  StalledReaderOptions & {
    newId: () => string;
    /** While true, every answer closes its connection, so that clients move to another instance. */
    isDraining: () => boolean;
    /** Takes every request. It must not throw. */
    onRequest: (exchange: Exchange) => void;
  };

export type Server = {
  readonly port: Port;
  /** Tells everything that is under way to end now; what it still has to say is sent within the same turn. */
  interruptAll(): void;
  /** Closes every connection. The thread must not exit before this, or the process aborts. */
  close(): void;
};

// The header that names the library and its version helps nobody but an attacker. The call is not in its typings.
(uWebSockets as unknown as { _cfg(option: "silent"): void })._cfg("silent");

/** The gateway's HTTP side. This file alone touches uWebSockets.js's `res`, which kills the process when misused. */
export function createServer(options: ServerOptions): Server {
  const app = uWebSockets.App();
  const port = new Port(app);
  const active = new Bag<SocketExchange>();
  const owner: ExchangeOwner = { ...options, onRelease: (exchange) => active.remove(exchange) };
  app.any("/*", (response, request) => {
    const exchange = new SocketExchange(response, readHead(request), owner);
    active.add(exchange);
    options.onRequest(exchange);
  });
  return {
    port,
    interruptAll() {
      for (const exchange of active.filter(() => true)) exchange.interrupt();
    },
    close: () => app.close(),
  };
}

/** What an exchange is made with. `onRelease` is called once, when it has nothing more to send. */
type ExchangeOwner = ServerOptions & { onRelease: (exchange: SocketExchange) => void };

class SocketExchange implements Exchange {
  readonly id: string;
  readonly requestId: string;
  readonly head: RequestHead;
  readonly acceptedAt: number;
  closed: CloseReason | null = null;
  started = false;
  /** In the server's bag of exchanges that are under way. */
  place = -1;
  private readonly response: HttpResponse;
  private readonly options: ExchangeOwner;
  private ended = false;
  private readonly collector: BodyCollector;
  private interruptionListener: ((reason: Interruption) => void) | null = null;
  private drainListener: (() => void) | null = null;
  /** Bytes that wait for the socket; non-empty only while backed up. */
  private pending: Buffer[] = [];
  private backedUp = false;
  /** A stream's head has announced that the connection ends with it. */
  private closing = false;
  /** Null until the reader falls behind for the first time. */
  private reader: StalledReader | null = null;

  constructor(response: HttpResponse, head: RequestHead, options: ExchangeOwner) {
    this.response = response;
    this.head = head;
    this.options = options;
    this.acceptedAt = options.now();
    this.id = options.newId();
    this.requestId = chooseRequestId(head, this.id);
    response.onAborted(() => this.close("client-gone"));
    // Of a length of 0 the library says no end when the head came in two pieces.
    const bodiless = head.method === "GET" || head.method === "HEAD" || head.contentLength === 0;
    this.collector = bodiless ? BodyCollector.empty(options) : new BodyCollector(options);
    // Attached before the route handler returns: after an await the body would be lost.
    if (!bodiless) response.onData((chunk, isLast) => this.collector.push(chunk, isLast));
  }

  get body(): Promise<BodyOutcome> {
    return this.collector.outcome;
  }

  onInterruption(listener: (reason: Interruption) => void): void {
    if (this.closed !== null) listener(this.closed);
    else this.interruptionListener = listener;
  }

  /** This instance has no more time: whoever works on the answer ends it now, in words. */
  interrupt(): void {
    this.collector.stop();
    this.interruptionListener?.("server-stopping");
  }

  onDrain(listener: () => void): void {
    this.drainListener = listener;
  }

  respond(head: ResponseHead, body: Buffer | string): void {
    if (this.closed !== null || this.ended) return;
    this.ended = true;
    this.started = true;
    if (this.collector.isComplete && !isLastByFraming(this.head)) {
      this.sendWhole(head, body);
      return;
    }
    this.collector.whenOutOfTheWay(() => {
      // What stands behind such a head may be no request. While an answer is due the parser takes none.
      if (isLastByFraming(this.head)) setImmediate(() => this.sendWhole(head, body));
      else this.sendWhole(head, body);
    });
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
    let outcome: WriteOutcome = "flowing";
    this.response.cork(() => {
      outcome = this.writePieces(bytes);
    });
    return outcome;
  }

  finish(bytes: Buffer): void {
    if (this.closed !== null || this.ended) return;
    this.ended = true;
    const rest = this.pending.length === 0 ? bytes : Buffer.concat([...this.pending, bytes]);
    this.response.cork(() => {
      if (rest.length > 0) this.response.write(rest);
      // Not with `closeConnection`: after chunks it would write that header among them. What the client sends on the
      // connection now is not read any more, and the library closes it a few seconds later.
      if (this.closing) this.response.pause();
      this.response.end();
    });
    this.release();
  }

  private sendWhole(head: ResponseHead, body: Buffer | string): void {
    if (this.closed !== null) return;
    const close = this.mustClose(head);
    this.response.cork(() => {
      this.writeHead(head);
      if (this.head.method !== "HEAD") {
        this.response.end(body, close);
        return;
      }
      // Not as an argument: the library would wait for as many bytes, and end the connection at the next request.
      this.response.writeHeader("content-length", String(Buffer.byteLength(body)));
      if (close) this.response.writeHeader("connection", "close");
      if (close) this.response.pause();
      this.response.endWithoutBody();
    });
    this.release();
  }

  /**
   * All headers cross into native code as one: each crossing costs about as much as assembling the whole block. No
   * value holds a line break: those from upstream and those that a client chose are checked where they come from.
   */
  private writeHead(head: ResponseHead): void {
    // The library writes 200 by itself.
    if (head.status !== 200) this.response.writeStatus(statusLine(head.status));
    let firstName: string | null = null;
    let block = "";
    for (const [name, value] of head.headers) {
      if (firstName === null) {
        firstName = name;
        block = value;
      } else {
        block += `\r\n${name}: ${value}`;
      }
    }
    if (firstName !== null) this.response.writeHeader(firstName, block);
  }

  /** An unread rest of the body, or framing that another parser may read otherwise, must not meet a second request. */
  private mustClose(head: ResponseHead): boolean {
    return (
      head.closeConnection ||
      !this.collector.isComplete ||
      isLastByFraming(this.head) ||
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
    this.reader ??= this.watchReader();
    this.reader.wait();
  }

  private watchReader(): StalledReader {
    return new StalledReader(this.options, {
      onStalled: () => this.closeStalled(),
      // Changes nothing else: by now the request has been read.
      renew: () => {
        this.response.pause();
        this.response.resume();
      },
    });
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
    this.reader?.clear();
    this.drainListener?.();
    return true;
  }

  private closeStalled(): void {
    if (this.closed !== null || this.ended) return;
    this.close("client-stalled");
    this.response.close();
  }

  private close(reason: CloseReason): void {
    if (this.closed !== null) return;
    this.closed = reason;
    this.release();
    this.interruptionListener?.(reason);
  }

  private release(): void {
    this.options.onRelease(this);
    // After an answer nobody waits for the body; its deadline would keep this request in memory until it is due.
    this.collector.abandon();
    this.pending = [];
    this.reader?.clear();
  }
}
