import { connect, type Socket } from "node:net";
import { createResponseReader, type ResponseEvents } from "./response-reader.ts";

/** One exchange, as who sent the request hears of it. After `end` or `failed` nothing more comes. */
export type Exchange = ResponseEvents & { failed: (reason: string) => void };

/** Keep-alive connections to one server: as many as there are requests under way, up to a limit, each used again. */
export type Connections = {
  send: (request: Buffer, exchange: Exchange) => void;
  close: () => void;
};

const readBufferBytes = 64 * 1024;
type Connection = { socket: Socket; exchange: Exchange | null };
type Waiting = { request: Buffer; exchange: Exchange };

/** Requests that find all of `most` connections busy wait for one, first come, first served. */
export function openConnections({ hostname, port }: URL, most: number): Connections {
  // A read is handled before the next one starts, so that all sockets can share the buffer.
  const buffer = Buffer.allocUnsafe(readBufferBytes);
  const idle: Connection[] = [];
  const all = new Set<Connection>();
  const waiting: Waiting[] = [];
  const start = (connection: Connection, { request, exchange }: Waiting) => {
    connection.exchange = exchange;
    connection.socket.write(request);
  };

  const open = (): Connection => {
    const connection: Connection = { socket: undefined as unknown as Socket, exchange: null };
    const fail = (reason: string) => {
      const { exchange } = connection;
      connection.exchange = null;
      all.delete(connection);
      connection.socket.destroy();
      const place = idle.indexOf(connection);
      if (place !== -1) idle.splice(place, 1);
      exchange?.failed(reason);
      const next = waiting.shift();
      if (next !== undefined) start(open(), next);
    };
    const feed = createResponseReader({
      head: (status) => connection.exchange?.head(status),
      body: (bytes) => connection.exchange?.body(bytes),
      end: () => {
        const { exchange } = connection;
        connection.exchange = null;
        const next = waiting.shift();
        if (next === undefined) idle.push(connection);
        else start(connection, next);
        exchange?.end();
      },
    });
    const callback = (count: number, bytes: Uint8Array) => {
      try {
        feed(Buffer.from(bytes.buffer, bytes.byteOffset, count));
      } catch (error) {
        fail(error instanceof Error ? error.message : String(error));
      }
      return true;
    };
    connection.socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer, callback },
    });
    connection.socket.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    connection.socket.on("close", () => fail("closed"));
    all.add(connection);
    return connection;
  };

  return {
    send(request, exchange) {
      const connection = idle.pop() ?? (all.size < most ? open() : null);
      if (connection === null) waiting.push({ request, exchange });
      else start(connection, { request, exchange });
    },
    close() {
      for (const { socket } of all) socket.destroy();
    },
  };
}

/** The bytes of a request, made once for all of a job. */
export function requestBytes(address: {
  url: string;
  headers: Record<string, string>;
  body: string;
}): Buffer {
  const { host, pathname, search } = new URL(address.url);
  const headers = Object.entries({
    host,
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(address.body)),
    ...address.headers,
  });
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.from(`POST ${pathname}${search} HTTP/1.1\r\n${head}\r\n${address.body}`);
}
