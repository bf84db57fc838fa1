import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { TurnEnd } from "../turn-end.ts";
import type { Caller, Connection } from "./connection.ts";
import { Dialer } from "./dialer.ts";
import { encodeRequest, requestPrefix } from "./outgoing-request.ts";
import { Pool } from "./pool.ts";
import type { ResponseHead } from "./response-head.ts";

/** One connection as the origin sees it. */
export type OriginSide = { socket: Socket; received: string; closed: Promise<unknown> };

/** An origin on a free port of the loopback address whose every byte the test writes. */
export class Origin {
  readonly sides: OriginSide[] = [];
  readonly server: Server;
  private changed: () => void = () => undefined;

  private constructor(server: Server) {
    this.server = server;
  }

  static async start(server: Server = createServer(), event = "connection"): Promise<Origin> {
    const origin = new Origin(server);
    server.on(event, (socket: Socket) => origin.accept(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return origin;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Waits until connection `index` exists and has received so many requests, which all have the body `{}`. */
  async requests(index: number, count: number): Promise<OriginSide> {
    return this.until(() => {
      const side = this.sides[index];
      return side !== undefined && side.received.split("\r\n\r\n{}").length > count ? side : undefined;
    });
  }

  async until<T>(find: () => T | undefined): Promise<T> {
    for (let found = find(); ; found = find()) {
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.changed = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.sides) socket.destroy();
    this.server.close();
    await once(this.server, "close");
  }

  private accept(socket: Socket): void {
    socket.on("error", () => undefined);
    const side: OriginSide = { socket, received: "", closed: once(socket, "close") };
    this.sides.push(side);
    socket.on("data", (bytes: Buffer) => {
      side.received += bytes.toString("latin1");
      this.changed();
    });
    this.changed();
  }
}

/** A caller that writes down what it hears. */
export class TestCaller implements Caller {
  readonly heard: string[] = [];
  body = "";
  head: ResponseHead | null = null;
  error: Error | null = null;
  connection: Connection | null = null;
  readonly ended: Promise<void>;
  /** What the caller does of its own with each piece. */
  onPiece: () => void = () => undefined;
  private readonly finish: () => void;
  private wake: () => void = () => undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.finish = resolve;
  }

  /** Waits until what has been heard satisfies the test. */
  async until(test: () => boolean): Promise<void> {
    while (!test()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  onSent(): void {
    this.hear("sent");
  }

  onHead(head: ResponseHead): void {
    this.head = head;
    this.hear("head");
  }

  onData(bytes: Buffer): void {
    this.body += bytes.toString("latin1");
    this.hear("data");
    this.onPiece();
  }

  onEnd(): void {
    this.hear("end");
    this.finish();
  }

  onError(error: Error): void {
    this.error = error;
    this.hear("error");
    this.finish();
  }

  private hear(event: string): void {
    this.heard.push(event);
    this.wake();
  }
}

export type TestPool = {
  pool: Pool;
  clock: { now: number };
  /** Turns of the event loop end as they do; with `isHeld` only when the test says so. */
  turn: { isHeld: boolean; end: () => void };
  call: (body?: Buffer) => TestCaller;
};

/** A pool of connections to the origin, with a clock that stands still until it is moved. */
export function poolTo(url: string, connectTimeoutMs = 10_000): TestPool {
  const clock = { now: 0 };
  const origin = new URL(url);
  const dialer = new Dialer({ origin });
  const turn: TestPool["turn"] = { isHeld: false, end: () => undefined };
  const turnEnd = new TurnEnd((run) => {
    if (turn.isHeld) turn.end = run;
    else setImmediate(run);
  });
  const pool = new Pool({ dialer, connectTimeoutMs, turnEnd, now: () => clock.now });
  const prefix = requestPrefix({ host: origin.host, path: "/v1/chat", headers: { "x-a": "b" } });
  const call = (body: Buffer = Buffer.from("{}")) => {
    const caller = new TestCaller();
    caller.connection = pool.send(encodeRequest(prefix, body), caller);
    return caller;
  };
  return { pool, clock, turn, call };
}
