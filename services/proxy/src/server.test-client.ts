import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A port that nobody has just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export type RawAnswer = { status: number; headers: Map<string, string>; body: string };

/** A client that sends bytes as they are and reads answers apart. */
export class RawClient {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  private received = Buffer.alloc(0);
  private wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    // A reset by the server is an end like any other here.
    socket.on("error", () => undefined);
    this.closed = once(socket, "close");
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    socket.on("close", () => this.wake());
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    await once(socket, "connect");
    return new RawClient(socket);
  }

  get text(): string {
    return this.received.toString("latin1");
  }

  send(text: string): this {
    this.socket.write(text, "latin1");
    return this;
  }

  post(body: string, headers = ""): this {
    return this.send(
      `POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`,
    );
  }

  /** Waits until what has arrived satisfies the test; throws when the connection ends before. */
  async until(test: (text: string) => boolean): Promise<void> {
    while (!test(this.text)) {
      if (this.socket.destroyed) throw new Error(`the connection ended after ${JSON.stringify(this.text)}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** The next answer that has a content-length; `bodyless` for the answer to a HEAD. */
  async answer(bodyless = false): Promise<RawAnswer> {
    await this.until((text) => text.includes("\r\n\r\n"));
    const headEnd = this.text.indexOf("\r\n\r\n") + 4;
    const [statusLine = "", ...lines] = this.text.slice(0, headEnd - 4).split("\r\n");
    const headers = new Map(lines.map((line): [string, string] => splitHeader(line)));
    const length = bodyless ? 0 : Number(headers.get("content-length") ?? 0);
    await this.until((text) => text.length >= headEnd + length);
    const body = this.text.slice(headEnd, headEnd + length);
    this.received = this.received.subarray(headEnd + length);
    return { status: Number(statusLine.split(" ")[1]), headers, body };
  }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
