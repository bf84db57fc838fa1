import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** A Redis server of a test's own, on a port that stays the same. */
export type TestRedisServer = AsyncDisposable & {
  url: string;
  /** Process id of the running server. */
  pid(): number;
  /** Ends the server as a crash does; what it held is gone. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  start(): Promise<void>;
};

const longestStartMs = 10_000;

/** Starts Debian's `redis-server` on a free port, without persistence. Says what to install when it is absent. */
export async function startTestRedis(): Promise<TestRedisServer> {
  const port = await freePort();
  let child: ChildProcess | null = null;
  const server: TestRedisServer = {
    url: `redis://127.0.0.1:${port}`,
    pid: () => child?.pid ?? 0,
    async start() {
      child = await launch(port);
    },
    async kill() {
      if (child === null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      child = null;
    },
    [Symbol.asyncDispose]: () => server.kill(),
  };
  await server.start();
  return server;
}

async function launch(port: number): Promise<ChildProcess> {
  const words = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const child = spawn("redis-server", words, { stdio: "ignore" });
  const failed = once(child, "exit").then(() => {
    throw new Error("redis-server ended before it answered.");
  });
  const absent = once(child, "spawn").catch((cause: unknown) => {
    throw new Error("NO REDIS: install the package redis-server; the tests across machines did not run.", {
      cause,
    });
  });
  await absent;
  const answers = untilItAnswers(port);
  // The loser of the race rejects later, when the server ends as it should.
  failed.catch(() => undefined);
  await Promise.race([answers, failed]);
  return child;
}

async function untilItAnswers(port: number): Promise<void> {
  const deadline = Date.now() + longestStartMs;
  while (Date.now() < deadline) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      socket.write("PING\r\n");
      const [answer] = await once(socket, "data");
      if (String(answer).startsWith("+PONG")) return;
    } catch {
      await delay(10);
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`redis-server did not answer within ${longestStartMs} ms.`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("The probe is not listening on TCP.");
  return address.port;
}
