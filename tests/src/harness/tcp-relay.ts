import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A port that stays the same while the server behind it goes away and comes back elsewhere. */
export type TcpRelay = AsyncDisposable & {
  port: number;
  /** Cuts every connection; new ones are taken. */
  cut(): void;
  /** Delays what passes from now on, either way, by so many milliseconds. */
  slowDown(milliseconds: number): void;
  /** Cuts every connection and refuses new ones. */
  close(): Promise<void>;
  /** Accepts connections again, for the server on `port`. */
  open(port: number): Promise<void>;
};

/** Relays the given port of this machine to `target`, on which the server listens now. */
export async function startTcpRelay(port: number, target: number): Promise<TcpRelay> {
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  let latencyMs = 0;
  const latency = () => latencyMs;

  const open = async (targetPort: number): Promise<void> => {
    server = createServer((client) => {
      const other = connect(targetPort, "127.0.0.1");
      for (const socket of [client, other]) track(socket, sockets);
      carry(client, other, latency);
      carry(other, client, latency);
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
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
  const slowDown = (milliseconds: number): void => {
    latencyMs = milliseconds;
  };
  return { port, open, cut, slowDown, close, [Symbol.asyncDispose]: close };
}

function track(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.setNoDelay(true);
  // A reset is an end like any other; `close` follows it.
  socket.on("error", () => undefined);
  socket.on("close", () => sockets.delete(socket));
}

/** Passes on what comes from one side, in order, and its end. */
function carry(from: Socket, to: Socket, latency: () => number): void {
  const waiting: { dueAt: number; work: () => void }[] = [];
  const passDue = (): void => {
    while (waiting[0] !== undefined && waiting[0].dueAt <= performance.now()) waiting.shift()?.work();
    if (waiting[0] !== undefined) setTimeout(passDue, waiting[0].dueAt - performance.now());
  };
  const pass = (work: () => void): void => {
    // What comes when it is fast again does not overtake.
    const dueAt = Math.max(waiting.at(-1)?.dueAt ?? 0, performance.now() + latency());
    waiting.push({ dueAt, work });
    if (waiting.length === 1) passDue();
  };
  from.on("data", (bytes: Buffer) => pass(() => void to.write(bytes)));
  from.on("end", () => pass(() => void to.end()));
  from.on("close", () => pass(() => void to.destroy()));
}
