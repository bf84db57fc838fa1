import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { createClient } from "redis";

/** A Redis server of its own for one test file. */
export type TestRedis = AsyncDisposable & {
  url: string;
  command(words: string[]): Promise<unknown>;
};

/** Starts Debian's `redis-server` on a free port, without persistence. Says what to install when it is absent. */
export async function startRedis(): Promise<TestRedis> {
  const port = await freePort();
  const words = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const child = spawn("redis-server", words, { stdio: "ignore" });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("exit", () => resolve());
    child.once("error", (cause) => {
      reject(
        new Error("NO REDIS: install the package redis-server; the tests across machines did not run.", {
          cause,
        }),
      );
    });
  });
  const url = `redis://127.0.0.1:${port}`;
  const client = createClient({ url, socket: { reconnectStrategy: 20 } });
  client.on("error", () => undefined);
  await Promise.race([client.connect(), ended]);
  return {
    url,
    command: (command) => client.sendCommand(command),
    async [Symbol.asyncDispose]() {
      client.destroy();
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
