import type { OnReadOpts, Socket } from "node:net";
import type { Deferred, TurnEnd } from "../turn-end.ts";
import type { Dialer } from "./dialer.ts";
import { Http1Error } from "./http1-error.ts";
import type { ResponseHead } from "./response-head.ts";
import { ResponseReader, type ResponseSink } from "./response-reader.ts";

/** Who sent a request and awaits its answer. Of `onEnd` and `onError` exactly one comes, last; after `abort` none. */
export type Caller = {
  /** The request leaves now. */
  onSent(): void;
  onHead(head: ResponseHead): void;
  onData(bytes: Buffer): void;
  onEnd(): void;
  onError(error: Error): void;
};

/** What a connection tells the pool that it belongs to. */
export type ConnectionOwner = {
  /** The answer is whole and the connection fit for another; null: the upstream does not say for how long. */
  onIdle(connection: Connection, keepAliveMs: number | null): void;
  /** Once, and no request can be sent any more. */
  onClosed(connection: Connection): void;
};

export type ConnectionOptions = {
  dialer: Dialer;
  connectTimeoutMs: number;
  turnEnd: TurnEnd;
  owner: ConnectionOwner;
};

const readBufferBytes = 65_536;
const sharedReadBuffer = Buffer.allocUnsafeSlow(readBufferBytes);

/**
 * One buffer for all connections of a thread: a read fills it and is over before the next begins, and what is kept of it is
 * copied. On Windows reads are under way at the same time, each with a buffer of its own.
 */
function readBuffer(): Buffer {
  return process.platform === "win32" ? Buffer.allocUnsafeSlow(readBufferBytes) : sharedReadBuffer;
}

/** A connection and the one call that it serves at a time. Anything out of order ends it: a fresh one is cheap. */
export class Connection implements ResponseSink, Deferred {
  /** On the pool's clock; only of meaning while the connection is idle. */
  expiresAt = 0;
  private readonly owner: ConnectionOwner;
  private readonly turnEnd: TurnEnd;
  private readonly socket: Socket;
  private readonly reader = new ResponseReader(this);
  private caller: Caller | null = null;
  /** What is to be written once the connection stands and the turn ends; null from then on. */
  private unsent: Buffer[] | null = null;
  private connectTimer: NodeJS.Timeout | null;
  private isReady = false;
  private isReused = false;
  private isPaused = false;
  /** The answer was over while the caller wanted no more; it is told when it does. */
  private heldEnd: { isReusable: boolean } | null = null;
  private isClosed = false;

  constructor({ dialer, connectTimeoutMs, turnEnd, owner }: ConnectionOptions) {
    this.owner = owner;
    this.turnEnd = turnEnd;
    const onread: OnReadOpts = {
      buffer: readBuffer(),
      callback: (length, bytes) => {
        this.read(bytes as Buffer, length);
        return true;
      },
    };
    this.socket = dialer.dial(onread);
    this.socket.once(dialer.readyEvent, () => this.ready());
    this.socket.on("end", () => this.readEnd());
    this.socket.on("error", (error) => this.fail(error));
    this.socket.on("close", () => this.fail(closedEarly()));
    this.connectTimer = setTimeout(() => {
      this.fail(new Http1Error("HTTP1_CONNECT_TIMEOUT", `no connection within ${connectTimeoutMs} ms`));
    }, connectTimeoutMs);
  }

  /** Sends a request at the end of the turn or as soon as the connection stands. The connection must be new or idle. */
  send(request: Buffer[], caller: Caller): void {
    this.caller = caller;
    this.reader.expectAnswer();
    this.unsent = request;
    if (this.isReady) this.turnEnd.add(this);
  }

  flush(): void {
    const request = this.unsent;
    this.unsent = null;
    if (request !== null && !this.isClosed) this.write(request);
  }

  /** Gives the call up: its caller hears nothing more. */
  abort(): void {
    this.caller = null;
    this.close();
  }

  pause(): void {
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.socket.resume();
    if (this.heldEnd === null) return;
    const { isReusable } = this.heldEnd;
    this.heldEnd = null;
    this.complete(isReusable);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    if (this.connectTimer !== null) clearTimeout(this.connectTimer);
    this.socket.destroy();
    this.owner.onClosed(this);
  }

  onHead(head: ResponseHead): void {
    this.caller?.onHead(head);
  }

  onData(bytes: Buffer): void {
    this.caller?.onData(bytes);
  }

  private ready(): void {
    if (this.connectTimer !== null) clearTimeout(this.connectTimer);
    this.connectTimer = null;
    this.isReady = true;
    this.flush();
  }

  private write(request: Buffer[]): void {
    this.caller?.onSent();
    const [first, second] = request;
    if (second === undefined) {
      this.socket.write(first as Buffer);
      return;
    }
    this.socket.cork();
    this.socket.write(first as Buffer);
    this.socket.write(second);
    this.socket.uncork();
  }

  private read(bytes: Buffer, length: number): void {
    // Nothing was asked: these bytes would be taken for the answer to the next request, which may be another caller's.
    if (this.caller === null || this.heldEnd !== null) {
      this.spoil();
      return;
    }
    // They cannot be the answer to a request that has not left.
    if (this.unsent !== null) {
      this.fail(new Http1Error("HTTP1_CONNECTION_CLOSED", "the upstream spoke unasked"));
      return;
    }
    try {
      const outcome = this.reader.push(bytes, length);
      if (outcome !== "incomplete") this.complete(outcome === "complete" && this.isFitForMore());
    } catch (error) {
      this.fail(error as Error);
    }
  }

  private spoil(): void {
    if (this.heldEnd !== null) this.heldEnd = { isReusable: false };
    else this.close();
  }

  /** A request that has not left entirely would still be arriving when the next one begins. */
  private isFitForMore(): boolean {
    return this.reader.keepAliveMs !== 0 && this.socket.writableLength === 0;
  }

  private readEnd(): void {
    if (this.isClosed) return;
    if (this.caller === null || this.heldEnd !== null) {
      this.spoil();
      return;
    }
    try {
      this.reader.end();
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    this.complete(false);
  }

  private complete(isReusable: boolean): void {
    const { caller } = this;
    // The caller has given up in the midst of the bytes that were being read.
    if (caller === null) return;
    if (this.isPaused) {
      this.heldEnd = { isReusable };
      return;
    }
    this.caller = null;
    if (isReusable) {
      this.isReused = true;
      this.owner.onIdle(this, this.reader.keepAliveMs);
    } else {
      this.close();
    }
    caller.onEnd();
  }

  private fail(error: Error): void {
    const { caller } = this;
    this.caller = null;
    const isStale =
      this.isReused &&
      this.reader.isUntouched &&
      !(error instanceof Http1Error && error.code === "HTTP1_INVALID_RESPONSE");
    this.close();
    caller?.onError(isStale ? stale(error) : error);
  }
}

function closedEarly(): Http1Error {
  return new Http1Error("HTTP1_CONNECTION_CLOSED", "the connection was closed before the answer's end");
}

function stale(error: Error): Http1Error {
  return new Http1Error(
    "HTTP1_STALE_CONNECTION",
    `a kept connection was closed before the answer began: ${error.message}`,
  );
}
