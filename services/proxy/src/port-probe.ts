import { createServer } from "node:net";

/**
 * Fails when another process has the port. The data plane's own sockets are opened with SO_REUSEPORT and would share
 * the port silently, so that two gateways answered in turn.
 */
export function probePort(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(new Error(explain(error, host, port), { cause: error }));
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): string {
  const address = `${host}:${port}`;
  if (error.code === "EADDRINUSE") {
    return `Port ${address} is taken by another process. Stop it, or set PROXY_PORT to a free port.`;
  }
  if (error.code === "EACCES") {
    return `Port ${address} may not be opened by this user. Set PROXY_PORT to a port above 1023.`;
  }
  if (error.code === "EADDRNOTAVAIL")
    return `This machine has no address ${host}. Set HOST to one that it has.`;
  return `Port ${address} cannot be opened: ${error.message}`;
}
