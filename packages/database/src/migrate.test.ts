import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Database, openDatabase, withDatabase } from "./connection.ts";
import { migrate } from "./migrate.ts";
import { roleUrl } from "./roles.ts";
import { schemaIsCurrent } from "./schema-version.ts";
import { DatabaseSetupError } from "./setup-error.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";

const options = { max: 1, applicationName: "test" };

let testDatabase: TestDatabase;
let administrator: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  administrator = openDatabase(testDatabase.administratorUrl, options);
});

afterAll(async () => {
  await administrator[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

/** Runs `work` with an empty database that `perpetuo_owner` owns, and drops it afterwards. */
async function withEmptyDatabase(work: (ownerUrl: string) => Promise<void>): Promise<void> {
  const name = `empty_${randomBytes(6).toString("hex")}`;
  await administrator.sql.unsafe(`create database ${name} owner perpetuo_owner`);
  const url = new URL(testDatabase.ownerUrl);
  url.pathname = `/${name}`;
  try {
    await work(url.href);
  } finally {
    await administrator.sql.unsafe(`drop database ${name} with (force)`);
  }
}

/** Everything that a migration could change. */
const contents = (url: string) =>
  withDatabase(url, options, async ({ sql }) => [
    await sql`select hash, created_at from drizzle.__drizzle_migrations order by id`,
    await sql`select relname, relkind from pg_class where relnamespace = 'public'::regnamespace order by 1`,
    await sql`select provider, model, xmin::text as version from model_prices order by 1, 2`,
  ]);

test("migrate · a second run changes nothing, not even a price", async () => {
  await withEmptyDatabase(async (url) => {
    await migrate(url);
    const before = await contents(url);
    await migrate(url);
    expect(await contents(url)).toEqual(before);
  });
});

test("migrate · several at once apply each migration once", async () => {
  await withEmptyDatabase(async (url) => {
    await Promise.all([migrate(url), migrate(url), migrate(url)]);
    const [migrations] = await contents(url);
    expect(new Set(migrations?.map((row) => row.hash)).size).toBe(migrations?.length);
    expect(migrations?.length).toBeGreaterThan(5);
  });
});

test("migrate · seeds a price for the model of the five-minute flow", async () => {
  const rows = await administrator.sql`
    select input_micros_per_million, output_micros_per_million from model_prices
    where provider = 'openai' and model = 'gpt-4'`;
  expect(rows).toEqual([{ input_micros_per_million: 30_000_000, output_micros_per_million: 60_000_000 }]);
});

test("migrate · sets the passwords that are given and keeps the others", async () => {
  const password = 'it\'s a "new" one \\ @:/';
  const { rolePasswords } = inject("perpetuoTestCluster");
  try {
    await migrate(testDatabase.ownerUrl, { rolePasswords: { perpetuo_worker: password } });
    const workerUrl = roleUrl(testDatabase.ownerUrl, "perpetuo_worker", password);
    for (const url of [workerUrl, testDatabase.proxyUrl]) {
      expect(await withDatabase(url, options, ({ sql }) => sql`select 1 as one`)).toEqual([{ one: 1 }]);
    }
  } finally {
    // Roles belong to the cluster, which the tests share.
    await migrate(testDatabase.ownerUrl, { rolePasswords });
  }
});

test("migrate · says what to do when the owner may neither create roles nor set passwords", async () => {
  await administrator.sql.unsafe("create role humble login password 'humble'");
  await withEmptyDatabase(async (url) => {
    const humbleUrl = new URL(url);
    humbleUrl.username = "humble";
    humbleUrl.password = "humble";
    const failure = await migrate(humbleUrl.href, { rolePasswords: { perpetuo_proxy: "x" } }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(DatabaseSetupError);
    expect((failure as Error).message).toMatch(/ALTER ROLE <owner> CREATEROLE/);
    const refused = await migrate(humbleUrl.href).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DatabaseSetupError);
    expect((refused as Error).message).toMatch(/ALTER DATABASE <database> OWNER TO <owner>/);
  });
  await administrator.sql.unsafe("drop role humble");
});

test("migrate · says in a sentence why there is no session, without the password", async () => {
  const explain = async (change: (url: URL) => void) => {
    const url = new URL(testDatabase.ownerUrl);
    url.password = "not-this-one";
    change(url);
    const failure = await migrate(url.href).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DatabaseSetupError);
    expect((failure as Error).message).not.toContain("not-this-one");
    return (failure as Error).message;
  };
  const { password } = new URL(testDatabase.ownerUrl);
  expect(await explain((url) => Object.assign(url, { port: "1" }))).toMatch(
    /127\.0\.0\.1:1 \(ECONNREFUSED\)/,
  );
  expect(await explain(() => undefined)).toMatch(/refuses to log perpetuo_owner in/);
  expect(await explain((url) => Object.assign(url, { password, pathname: "/absent" }))).toMatch(
    /CREATE DATABASE absent OWNER perpetuo_owner;/,
  );
});

test("schemaIsCurrent · true for every service role after a migration", async () => {
  const { controlUrl, proxyUrl, workerUrl } = testDatabase;
  for (const url of [controlUrl, proxyUrl, workerUrl]) {
    expect(await withDatabase(url, options, schemaIsCurrent)).toBe(true);
  }
});

test("schemaIsCurrent · false for a database that lacks the newest migration, or all of them", async () => {
  await withEmptyDatabase(async (url) => {
    expect(await withDatabase(url, options, schemaIsCurrent)).toBe(false);
    await migrate(url);
    await withDatabase(url, options, async (database) => {
      await database.sql`
        delete from drizzle.__drizzle_migrations
        where created_at = (select max(created_at) from drizzle.__drizzle_migrations)`;
      expect(await schemaIsCurrent(database)).toBe(false);
    });
  });
});

test("schemaIsCurrent · throws when the database is away, rather than call it old", async () => {
  const away = "postgres://nobody:x@127.0.0.1:1/none";
  await expect(withDatabase(away, options, schemaIsCurrent)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
