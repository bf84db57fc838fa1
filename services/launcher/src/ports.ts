import { once } from "node:events";
import { createServer } from "node:net";
import { StartError } from "@perpetuo/runtime/start-error";
import type { PortSetting } from "./config.ts";

/**
 * Refuses to go on when a port cannot be had. Without this the proxy would share a port with whoever else listens
 * there through SO_REUSEPORT, and each would answer some of the calls.
 * @throws {StartError} with one sentence for each such port.
 */
export async function requireFreePorts(ports: readonly PortSetting[]): Promise<void> {
  const problems = (await Promise.all(ports.map(explainPort))).filter((problem) => problem !== null);
  if (problems.length > 0) throw new StartError(problems.join("\n"));
}

async function explainPort({ variable, port, host, purpose }: PortSetting): Promise<string | null> {
  const code = await tryToListen(port, host);
  switch (code) {
    case null:
      return null;
    case "EADDRINUSE":
      return `Port ${port} for ${purpose} is taken by another program. Stop that program, or choose another port: ${variable}=${port + 1} npm start`;
    case "EACCES":
      return `Port ${port} for ${purpose} needs rights that this user lacks. Choose one above 1023: ${variable}=${port + 8000} npm start`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `HOST is ${host}, which is no address of this machine. Use one that is: HOST=127.0.0.1 npm start`;
    default:
      return `Port ${port} for ${purpose} (${variable}) cannot be opened on ${host}: ${code}.`;
  }
}

async function tryToListen(port: number, host: string): Promise<string | null> {
  const server = createServer();
  try {
    await once(server.listen({ port, host, exclusive: true }), "listening");
    server.close();
    await once(server, "close");
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
