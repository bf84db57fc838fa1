import { createServer } from "node:net";

/**
 * Fails when another process has the port. The data plane's own sockets are opened with SO_REUSEPORT and would share
 * the port silently, so that two gateways answered in turn.
 */
export function probePort(host: string, port: number, variable = "PROXY_PORT"): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(new Error(explain(error, `${host}:${port}`, { host, variable }), { cause: error }));
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

function explain(
  error: NodeJS.ErrnoException,
  address: string,
  { host, variable }: { host: string; variable: string },
): string {
  if (error.code === "EADDRINUSE") {
    return `Port ${address} is taken by another process. Stop it, or set ${variable} to a free port.`;
  }
  if (error.code === "EACCES") {
    return `Port ${address} may not be opened by this user. Set ${variable} to a port above 1023.`;
  }
  if (error.code === "EADDRNOTAVAIL")
    return `This machine has no address ${host}. Set HOST to one that it has.`;
  return `Port ${address} cannot be opened: ${error.message}`;
}
