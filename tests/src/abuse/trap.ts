import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

/** A port of this machine that nobody may ever connect to, over IPv4 or IPv6. */
export type Trap = AsyncDisposable & {
  port: number;
  /** Connections so far, and what they said. */
  caught(): string[];
};

export async function setTrap(): Promise<Trap> {
  const caught: string[] = [];
  const sockets = new Set<Socket>();
  const take = (socket: Socket): void => {
    const index = caught.push("") - 1;
    sockets.add(socket);
    socket.on("data", (bytes) => {
      caught[index] += bytes.toString("latin1");
      socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
    });
    socket.on("error", () => undefined);
  };
  const server = createServer(take).listen(0);
  await once(server, "listening");
  return {
    port: portOf(server),
    caught: () => [...caught],
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The trap listens on a port.");
  return address.port;
}
