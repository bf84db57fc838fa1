import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A port that stays the same while the server behind it goes away and comes back elsewhere. */
export type TcpRelay = AsyncDisposable & {
  port: number;
  /** Cuts every connection and refuses new ones. */
  close(): Promise<void>;
  /** Accepts connections again, for the server on `port`. */
  open(port: number): Promise<void>;
};

/** Relays the given port of this machine to `target`, on which the server listens now. */
export async function startTcpRelay(port: number, target: number): Promise<TcpRelay> {
  const sockets = new Set<Socket>();
  let server: Server | null = null;

  const open = async (targetPort: number): Promise<void> => {
    server = createServer((client) => pair(client, connect(targetPort, "127.0.0.1"), sockets));
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  const close = async (): Promise<void> => {
    const closing = server;
    server = null;
    if (closing === null) return;
    const closed = once(closing, "close");
    closing.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await open(target);
  return { port, open, close, [Symbol.asyncDispose]: close };
}

function pair(client: Socket, server: Socket, sockets: Set<Socket>): void {
  for (const [socket, other] of [
    [client, server],
    [server, client],
  ] as const) {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.pipe(other);
    socket.on("error", () => other.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      other.destroy();
    });
  }
}
