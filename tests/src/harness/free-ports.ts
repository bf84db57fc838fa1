import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** Ports that nobody listens on, all different: they are held until the last one is known. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, holdPort));
  const ports = servers.map(portOf);
  await Promise.all(
    servers.map(async (server) => {
      server.close();
      await once(server, "close");
    }),
  );
  return ports;
}

/** The port of a listening TCP server. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server is not listening on TCP.");
  return address.port;
}

async function holdPort(): Promise<Server> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
