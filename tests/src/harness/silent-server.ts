import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { portOf } from "./free-ports.ts";
import { waitUntil } from "./wait-until.ts";

/** Accepts connections and never says a word, so that a TLS handshake with it does not end. */
export type SilentServer = AsyncDisposable & {
  port: number;
  /** Waits until so many connections have been made. */
  untilConnected(count: number): Promise<void>;
};

export async function startSilentServer(): Promise<SilentServer> {
  const sockets = new Set<Socket>();
  let connected = 0;
  const server = createServer((socket) => {
    connected++;
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: portOf(server),
    untilConnected: async (count) => {
      await waitUntil(async () => (connected >= count ? true : null), {
        what: `${count} connections to the silent server`,
        timeoutMs: 10_000,
      });
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
