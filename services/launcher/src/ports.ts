import { once } from "node:events";
import { createServer } from "node:net";
import { StartError } from "@perpetuo/runtime/start-error";
import type { PortSetting } from "./config.ts";

const highestPort = 65_535;

/**
 * Refuses to go on when a port cannot be had. Without this the proxy would share a port with whoever else listens
 * there through SO_REUSEPORT, and each would answer some of the calls.
 * @throws {StartError} with one sentence for each such port.
 */
export async function requireFreePorts(ports: readonly PortSetting[]): Promise<void> {
  const codes = await Promise.all(ports.map(({ port, host }) => tryToListen(port, host)));
  const spoken = new Set(ports.map(({ port }) => port));
  const problems = new Set<string>();
  for (const [index, setting] of ports.entries()) {
    const problem = await explainPort(setting, { code: codes[index] ?? null, spoken });
    if (problem !== null) problems.add(problem);
  }
  if (problems.size > 0) throw new StartError([...problems].join("\n"));
}

/** `spoken` are the ports that are in use or suggested already; a suggestion joins them. */
async function explainPort(
  { variable, port, host, purpose }: PortSetting,
  { code, spoken }: { code: string | null; spoken: Set<number> },
): Promise<string | null> {
  switch (code) {
    case null:
      return null;
    case "EADDRINUSE":
      return `Port ${port} for ${purpose} is taken by another program. Stop that program, or choose another port: ${variable}=${await findFreePort(port + 1, { host, spoken })} npm start`;
    case "EACCES":
      return `Port ${port} for ${purpose} needs rights that this user lacks. Choose one above 1023: ${variable}=${await findFreePort(port + 8000, { host, spoken })} npm start`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `HOST is ${host}, which is no address of this machine. Use one that is: HOST=127.0.0.1 npm start`;
    default:
      return `Port ${port} for ${purpose} (${variable}) cannot be opened on ${host}: ${code}.`;
  }
}

/** The first port from `first` on that can be had and that nobody has been told to take. */
async function findFreePort(
  first: number,
  { host, spoken }: { host: string; spoken: Set<number> },
): Promise<number> {
  let port = first;
  while (port < highestPort && (spoken.has(port) || (await tryToListen(port, host)) !== null)) port += 1;
  spoken.add(port);
  return port;
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
