import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Throws when somebody listens on the port. uWebSockets.js would silently share it, and each of the two would get
 * a part of the connections.
 */
export async function assertPortFree(address: { host: string; port: number }): Promise<void> {
  if (address.port === 0) return;
  const probe = createServer();
  try {
    probe.listen({ ...address, exclusive: true });
    await once(probe, "listening");
  } catch (cause) {
    throw new Error(`Port ${address.port} on ${address.host} is taken. Set another one.`, { cause });
  }
  probe.close();
  await once(probe, "close");
}
