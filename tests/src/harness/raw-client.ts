import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { chat } from "./gateway-client.ts";

/** How long an answer may take on a loaded machine, in milliseconds. */
const patienceMs = 20_000;

/** One connection to the gateway, for bytes that no HTTP library would send and for leaving at a chosen moment. */
export type RawClient = {
  /** Everything that has arrived, one character a byte. */
  text(): string;
  send(bytes: string | Buffer): RawClient;
  /** Waits until what has arrived satisfies the test, and returns it; throws when the connection ends before. */
  until(test: (text: string) => boolean): Promise<string>;
  /** Waits for the end of the connection; how long that took, in milliseconds. */
  untilClosed(): Promise<number>;
  /** Ends the connection by RST, as a client that crashes does. */
  reset(): void;
  isClosed(): boolean;
  /** Bytes that the operating system has taken from `send`. */
  sentBytes(): number;
  /** Waits until it has taken everything, or the connection has ended. */
  drained(): Promise<void>;
  /** Stops reading, and reads on. */
  pause(): void;
  resume(): void;
};

export async function openRawClient(url: string): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, "connect");
  // A reset by the other side is an end like any other; `closed` tells of it.
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  let received = "";
  const waiting = new Set<() => void>();
  socket.on("data", (bytes) => {
    received += bytes.toString("latin1");
    for (const look of waiting) look();
  });
  socket.on("close", () => {
    for (const look of waiting) look();
  });
  const client: RawClient = {
    text: () => received,
    send(bytes) {
      socket.write(bytes, "latin1");
      return client;
    },
    until: (test) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => look("no answer in time"), patienceMs);
        const look = (reason: string | null = socket.closed ? "the connection ended" : null): void => {
          const found = test(received);
          if (!found && reason === null) return;
          clearTimeout(timer);
          waiting.delete(lookAgain);
          if (found) resolve(received);
          else reject(new Error(`${reason} after ${JSON.stringify(received.slice(-500))}`));
        };
        const lookAgain = () => look();
        waiting.add(lookAgain);
        look();
      }),
    async untilClosed() {
      const began = performance.now();
      if (!socket.closed) await withPatience(closed, socket);
      return performance.now() - began;
    },
    reset: () => void socket.resetAndDestroy(),
    isClosed: () => socket.closed,
    drained: () => new Promise((resolve) => socket.write("", () => resolve())),
    sentBytes: () => socket.bytesWritten - socket.writableLength,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
  return client;
}

async function withPatience(closed: Promise<void>, socket: Socket): Promise<void> {
  const timer = setTimeout(() => socket.destroy(new Error("still open")), patienceMs);
  await closed;
  clearTimeout(timer);
  if (socket.errored?.message === "still open")
    throw new Error(`The connection is open after ${patienceMs} ms.`);
}

export type RawCall = {
  apiKey: string;
  /** The body's JSON, or its bytes as they are. */
  body?: object | Buffer;
  /** Whole header lines, beside those that a call needs. */
  headers?: string[];
  /** Announced instead of the body's own length. */
  contentLength?: number;
};

/** The bytes of a chat request: a valid one but for what the call says. */
export function rawChat({ apiKey, body = chat("mock-fast"), headers = [], contentLength }: RawCall): Buffer {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const lines = [
    "POST /v1/chat/completions HTTP/1.1",
    "host: gateway",
    `authorization: Bearer ${apiKey}`,
    `content-length: ${contentLength ?? bytes.length}`,
    ...(headers.some((line) => /^content-type:/i.test(line)) ? [] : ["content-type: application/json"]),
    ...headers,
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), bytes]);
}

/** The status of the first answer in what has arrived; null while it is not there. */
export function statusOf(text: string): number | null {
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
  return status === undefined ? null : Number(status);
}

/** Whether the text holds a whole answer with a `content-length`. */
export function isWhole(text: string): boolean {
  const headEnd = text.indexOf("\r\n\r\n");
  const length = /^content-length: (\d+)\r$/im.exec(text.slice(0, Math.max(0, headEnd) + 1))?.[1];
  return headEnd >= 0 && length !== undefined && text.length >= headEnd + 4 + Number(length);
}

/** How many content chunks of a stream have arrived. */
export function contentChunks(text: string): number {
  return text.match(/"delta":\{"content":"[^"]/g)?.length ?? 0;
}
