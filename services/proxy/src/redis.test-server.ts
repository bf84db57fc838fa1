import { startTestRedis } from "@perpetuo/runtime/test-redis";
import { createClient } from "redis";

/** A Redis server of its own for one test file. */
export type TestRedis = AsyncDisposable & {
  url: string;
  command(words: string[]): Promise<unknown>;
};

/** Starts a server, and a connection for what a test asks of it. */
export async function startRedis(): Promise<TestRedis> {
  const server = await startTestRedis();
  const client = createClient({ url: server.url });
  client.on("error", () => undefined);
  await client.connect();
  return {
    url: server.url,
    command: (command) => client.sendCommand(command),
    async [Symbol.asyncDispose]() {
      client.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}
