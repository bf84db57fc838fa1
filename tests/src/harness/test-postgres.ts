import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbeddedPostgres } from "@perpetuo/database/embedded";
import { migrate } from "@perpetuo/database/migrate";
import { roleUrl, serviceRoles } from "@perpetuo/database/roles";
import { createTestDatabase } from "@perpetuo/database/test-database";
import { findFreePorts } from "./free-ports.ts";
import { startTcpRelay } from "./tcp-relay.ts";

/** A migrated database. `stop` and `start` take its server away and bring it back at the same address. */
export type TestPostgres = AsyncDisposable & {
  ownerUrl: string;
  controlUrl: string;
  proxyUrl: string;
  workerUrl: string;
  /** The superuser, in this database: for arranging and reading, past row-level security. */
  administratorUrl: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Cuts every connection, in the middle of whatever it carries. */
  cut(): void;
  /** Delays everything on its way to the server and back by so many milliseconds. */
  slowDown(milliseconds: number): void;
};

/** A database of the server that all test files share, which therefore cannot be stopped. */
export async function openSharedPostgres(): Promise<TestPostgres> {
  const database = await createTestDatabase();
  const refuse = (): never => {
    throw new Error('Ask for `postgres: "own"` to disturb the server.');
  };
  return {
    ...database,
    stop: async () => refuse(),
    start: async () => refuse(),
    cut: refuse,
    slowDown: refuse,
  };
}

/** A server of its own, durable, reached through a relay so that it keeps its address over a restart. */
export async function startOwnPostgres(): Promise<TestPostgres> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "perpetuo-own-"));
  let server = await startEmbeddedPostgres({ dataDir });
  const password = randomBytes(12).toString("hex");
  await migrate(server.ownerUrl, {
    rolePasswords: Object.fromEntries(serviceRoles.map((role) => [role, password])),
  });
  const [port = 0] = await findFreePorts(1);
  const relay = await startTcpRelay(port, server.port);
  const relayed = (url: string): string => withPort(url, port);
  const urlOf = (role: (typeof serviceRoles)[number]) => relayed(roleUrl(server.ownerUrl, role, password));
  const administratorUrl = new URL(relayed(server.administratorUrl));
  administratorUrl.pathname = new URL(server.ownerUrl).pathname;

  const stop = async (): Promise<void> => {
    await relay.close();
    await server[Symbol.asyncDispose]();
  };
  return {
    ownerUrl: relayed(server.ownerUrl),
    controlUrl: urlOf("perpetuo_control"),
    proxyUrl: urlOf("perpetuo_proxy"),
    workerUrl: urlOf("perpetuo_worker"),
    administratorUrl: administratorUrl.href,
    stop,
    cut: relay.cut,
    slowDown: relay.slowDown,
    async start() {
      server = await startEmbeddedPostgres({ dataDir });
      await relay.open(server.port);
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(server.directory, { recursive: true, force: true });
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function withPort(text: string, port: number): string {
  const url = new URL(text);
  url.port = String(port);
  return url.href;
}
