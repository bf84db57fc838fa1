import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withDatabase } from "./connection.ts";
import { isRunning } from "./embedded/processes.ts";
import { type EmbeddedPostgres, findEmbeddedPostgres, startEmbeddedPostgres } from "./embedded.ts";
import { DatabaseSetupError } from "./setup-error.ts";

const options = { max: 1, applicationName: "test" };
const timeout = 60_000;

let dataDir: string;
/** Folders of clusters to remove; the server's own disposal keeps them. */
const clusters = new Set<string>();

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "perpetuo-embedded-"));
});

afterAll(async () => {
  for (const directory of [...clusters, dataDir]) await rm(directory, { recursive: true, force: true });
});

/** Starts the server, and stops it whatever comes of the work. */
async function withServer(work: (server: EmbeddedPostgres) => Promise<void>): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir });
  clusters.add(server.directory);
  try {
    await work(server);
  } finally {
    await server[Symbol.asyncDispose]();
  }
  expect(isRunning(server.pid)).toBe(false);
  return server;
}

const keepValue = (url: string) =>
  withDatabase(url, options, async ({ sql }) => {
    await sql`drop table if exists kept`;
    await sql`create table kept as select 1 as value`;
  });

const findValues = (url: string) => withDatabase(url, options, ({ sql }) => sql`select value from kept`);

/** Starts the server from a process of its own, which then waits to be killed. */
async function startInChild(): Promise<{ child: ReturnType<typeof spawn>; pid: number }> {
  const program = `
    import { startEmbeddedPostgres } from ${JSON.stringify(join(import.meta.dirname, "embedded.ts"))};
    const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} });
    console.log(server.pid);
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, pid: Number(line) };
}

test("findEmbeddedPostgres · the server that runs for the folder, for a command beside it", {
  timeout,
}, async () => {
  expect(await findEmbeddedPostgres(dataDir)).toBeNull();
  await withServer(async ({ ownerUrl }) => {
    expect(await findEmbeddedPostgres(dataDir)).toBe(ownerUrl);
  });
  expect(await findEmbeddedPostgres(dataDir)).toBeNull();
});

test("startEmbeddedPostgres · is durable, on loopback only, with an owner that is no superuser", {
  timeout,
}, async () => {
  await withServer(async (server) => {
    expect(server.origin).toBe("started");
    const [owner] = await withDatabase(
      server.ownerUrl,
      options,
      ({ sql }) => sql`
      select current_database() as name, rolsuper, rolbypassrls, rolcreaterole
      from pg_roles where rolname = current_user`,
    );
    expect(owner).toEqual({ name: "perpetuo", rolsuper: false, rolbypassrls: false, rolcreaterole: true });
    const [settings] = await withDatabase(
      server.administratorUrl,
      options,
      ({ sql }) => sql`
      select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets,
        current_setting('fsync') as fsync, current_setting('password_encryption') as encryption`,
    );
    expect(settings).toEqual({
      addresses: "127.0.0.1",
      sockets: "",
      fsync: "on",
      encryption: "scram-sha-256",
    });
  });
});

test("startEmbeddedPostgres · asks for the password, which only the folder's owner can read", {
  timeout,
}, async () => {
  await withServer(async (server) => {
    expect((await stat(join(dataDir, "postgres.json"))).mode & 0o777).toBe(0o600);
    const wrong = new URL(server.ownerUrl);
    wrong.password = "wrong";
    await expect(findValues(wrong.href)).rejects.toMatchObject({ code: "28P01" });
  });
});

test("startEmbeddedPostgres · refuses a folder that a living process uses, and names it", {
  timeout,
}, async () => {
  await withServer(async () => {
    const failure = await startEmbeddedPostgres({ dataDir }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DatabaseSetupError);
    expect((failure as Error).message).toMatch(`in use by process ${process.pid}`);
  });
});

test("startEmbeddedPostgres · takes over the server that a killed process left behind, data and all", {
  timeout,
}, async () => {
  await withServer((server) => keepValue(server.ownerUrl));
  const { child, pid } = await startInChild();
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(isRunning(pid)).toBe(true);
  await withServer(async (server) => {
    expect(server).toMatchObject({ origin: "recovered", pid });
    expect(await findValues(server.ownerUrl)).toEqual([{ value: 1 }]);
  });
});

test("startEmbeddedPostgres · recovers after the server was killed together with its parent", {
  timeout,
}, async () => {
  await withServer((server) => keepValue(server.ownerUrl));
  const { child, pid } = await startInChild();
  child.kill("SIGKILL");
  await once(child, "exit");
  process.kill(pid, "SIGKILL");
  await withServer(async (server) => {
    expect(await findValues(server.ownerUrl)).toEqual([{ value: 1 }]);
  });
});

test("startEmbeddedPostgres · an interrupted initialisation is begun again", { timeout }, async () => {
  const { directory } = await withServer((server) => keepValue(server.ownerUrl));
  const partial = join(directory, "data.partial");
  await rename(join(directory, "data"), partial);
  await rm(join(partial, "global"), { recursive: true });
  await withServer(async (server) => {
    await expect(findValues(server.ownerUrl)).rejects.toMatchObject({ code: "42P01" });
  });
});

test("startEmbeddedPostgres · names both versions when the cluster is of another one", {
  timeout,
}, async () => {
  const { directory } = await withServer(async () => undefined);
  const file = join(directory, "data", "PG_VERSION");
  await writeFile(file, "17\n");
  const failure = await startEmbeddedPostgres({ dataDir }).catch((error: unknown) => error);
  await writeFile(file, "18\n");
  expect(failure).toBeInstanceOf(DatabaseSetupError);
  expect((failure as Error).message).toMatch(/PostgreSQL 17.*brings 18.*move the folder away/);
});

test("startEmbeddedPostgres · shows the server's own words when it does not start", { timeout }, async () => {
  const { directory } = await withServer(async () => undefined);
  const file = join(directory, "data", "postgresql.conf");
  const text = await readFile(file, "utf8");
  await writeFile(file, `${text}\nnonsense = yes\n`);
  const failure = await startEmbeddedPostgres({ dataDir }).catch((error: unknown) => error);
  await writeFile(file, text);
  expect(failure).toBeInstanceOf(DatabaseSetupError);
  expect((failure as Error).message).toMatch(/did not start.*nonsense/s);
});

test("startEmbeddedPostgres · finds its data after the data folder was moved", { timeout }, async () => {
  await withServer((server) => keepValue(server.ownerUrl));
  const moved = `${dataDir}-moved`;
  await rename(dataDir, moved);
  const server = await startEmbeddedPostgres({ dataDir: moved });
  try {
    expect(await findValues(server.ownerUrl)).toEqual([{ value: 1 }]);
  } finally {
    await server[Symbol.asyncDispose]();
    await rename(moved, dataDir);
  }
});

test("startEmbeddedPostgres · begins afresh after the data folder was deleted under a running server", {
  timeout,
}, async () => {
  const { child, pid } = await startInChild();
  child.kill("SIGKILL");
  await once(child, "exit");
  await rm(dataDir, { recursive: true });
  await withServer(async (server) => {
    await expect(findValues(server.ownerUrl)).rejects.toMatchObject({ code: "42P01" });
    // Where the cluster lies outside the folder its server has been stopped; elsewhere it ends when it misses its files.
    if (!server.directory.startsWith(dataDir)) expect(isRunning(pid)).toBe(false);
  });
});

test("startEmbeddedPostgres · says so when its state is damaged", async () => {
  const file = join(dataDir, "postgres.json");
  const text = await readFile(file, "utf8");
  await writeFile(file, "{");
  const failure = await startEmbeddedPostgres({ dataDir }).catch((error: unknown) => error);
  await writeFile(file, text);
  expect(failure).toBeInstanceOf(DatabaseSetupError);
  expect((failure as Error).message).toMatch(/postgres\.json is damaged/);
});

test("startEmbeddedPostgres · says so when the data folder is a file, or below one", async () => {
  const file = join(dataDir, "a-file");
  await writeFile(file, "");
  for (const path of [file, join(file, "below")]) {
    const failure = await startEmbeddedPostgres({ dataDir: path }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DatabaseSetupError);
    expect((failure as Error).message).toMatch(/PERPETUO_DATA_DIR/);
  }
});
