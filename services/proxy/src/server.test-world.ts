import { Deadlines } from "./deadlines.ts";
import type { Exchange, ResponseHead } from "./exchange.ts";
import { freePort, RawClient } from "./server.test-client.ts";
import { createServer, type Server } from "./server.ts";

export const ok = (closeConnection = false): ResponseHead => ({
  status: 200,
  headers: [
    ["content-type", "text/plain"],
    ["x-one", "1"],
  ],
  closeConnection,
});

/** Answers with how the body ended, as the phases do. */
export async function echo(exchange: Exchange): Promise<void> {
  const outcome = await exchange.body;
  const said = outcome.kind === "complete" ? `complete ${outcome.body.toString("latin1")}` : outcome.kind;
  exchange.respond(ok(outcome.kind !== "complete"), said);
}

/** A server on a port of its own, with short limits: bodies of 1,000 bytes in 150 ms. */
export class ServerWorld {
  readonly deadlines = new Deadlines(() => performance.now());
  readonly server: Server;
  port = 0;
  draining = false;
  /** Requests that have arrived; also the number in the last one's id. */
  requests = 0;
  lastExchange: Exchange | null = null;
  onRequest: (exchange: Exchange) => void = (exchange) => void echo(exchange);
  private readonly clients: RawClient[] = [];

  private constructor() {
    this.server = createServer({
      deadlines: this.deadlines,
      now: () => performance.now(),
      newId: () => `id-${++this.requests}`,
      maxBodyBytes: 1_000,
      bodyTimeoutMs: 150,
      stalledReaderTimeoutMs: 300,
      isDraining: () => this.draining,
      onRequest: (exchange) => {
        this.lastExchange = exchange;
        this.onRequest(exchange);
      },
    });
  }

  static async open(): Promise<ServerWorld> {
    const world = new ServerWorld();
    world.port = await freePort();
    await world.server.port.listen("127.0.0.1", world.port);
    world.deadlines.start();
    return world;
  }

  async client(): Promise<RawClient> {
    const client = await RawClient.open(this.port);
    this.clients.push(client);
    return client;
  }

  /** Resolves with the next request that arrives, which is then the caller's to answer. */
  nextExchange(): Promise<Exchange> {
    return new Promise((resolve) => {
      this.onRequest = resolve;
    });
  }

  close(): void {
    for (const client of this.clients) client.socket.destroy();
    this.server.close();
    this.deadlines.stop();
  }
}
