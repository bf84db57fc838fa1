import { sql as text } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase, withDatabase } from "./connection.ts";
import { findApiKey } from "./queries/proxy/find-api-key.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";

let testDatabase: TestDatabase;
let administrator: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  administrator = openDatabase(testDatabase.administratorUrl, { max: 1, applicationName: "test" });
});

afterAll(async () => {
  await administrator[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

/** Ends the sessions of an application, as a server that stops does. */
const terminate = (applicationName: string) =>
  administrator.sql`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = ${applicationName}`;

const open = (applicationName: string) =>
  openDatabase(testDatabase.proxyUrl, { max: 1, applicationName, connectTimeoutMs: 2000 });

/**
 * Whether the next transaction is served. A statement outside of one may still meet the error of the connection that was
 * lost: `retryStale` says when.
 */
async function expectUsable(database: Database): Promise<void> {
  const rows = await database.sql.begin((transaction) => transaction`select 3 as value`);
  expect(rows).toEqual([{ value: 3 }]);
}

test("openDatabase · reads bigint as a number and refuses to lose a digit", async () => {
  const { sql } = administrator;
  expect(await sql`select ${Number.MAX_SAFE_INTEGER}::bigint as value`).toEqual([
    { value: 9007199254740991 },
  ]);
  await expect(sql`select 9007199254740993 as value`).rejects.toThrow(/9007199254740993/);
  expect(await sql`select 1 as value`).toEqual([{ value: 1 }]);
});

test("openDatabase · ends a statement that runs past its limit", async () => {
  const options = { max: 1, applicationName: "test-timeout", statementTimeoutMs: 50 };
  await withDatabase(testDatabase.proxyUrl, options, async ({ sql }) => {
    await expect(sql`select pg_sleep(30)`).rejects.toMatchObject({ code: "57014" });
  });
});

test("transaction · fails when its connection is lost between two statements, and the pool goes on", async () => {
  const database = open("test-between");
  const failure = await database.orm
    .transaction(async (transaction) => {
      await transaction.execute(text`select 1`);
      await terminate("test-between");
      await transaction.execute(text`select 2`);
    })
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
  await expectUsable(database);
  await database[Symbol.asyncDispose]();
});

test("transaction · fails when its connection is lost during a statement, and the pool goes on", async () => {
  const database = open("test-during");
  const work = database.sql
    .begin(async (transaction) => {
      await transaction`select pg_sleep(60)`;
    })
    .catch((error: unknown) => error);
  await expect
    .poll(
      () => administrator.sql`
      select pid from pg_stat_activity where application_name = 'test-during' and wait_event = 'PgSleep'`,
    )
    .toHaveLength(1);
  await terminate("test-during");
  expect(await work).toBeInstanceOf(Error);
  await expectUsable(database);
  await database[Symbol.asyncDispose]();
});

test("transaction · fails when its connection is lost before the commit", async () => {
  const database = open("test-commit");
  const failure = await database.sql
    .begin(async (transaction) => {
      await transaction`select 1`;
      await terminate("test-commit");
    })
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
  await expectUsable(database);
  await database[Symbol.asyncDispose]();
});

test("transaction · fails when its connection is lost inside a savepoint", async () => {
  const database = open("test-savepoint");
  const failure = await database.orm
    .transaction((transaction) =>
      transaction.transaction(async (inner) => {
        await terminate("test-savepoint");
        await inner.execute(text`select 1`);
      }),
    )
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
  await expectUsable(database);
  await database[Symbol.asyncDispose]();
});

test("transaction · rolls a savepoint back alone", async () => {
  const rows = await administrator.orm.transaction(async (transaction) => {
    await transaction.execute(text`create temporary table kept (id int) on commit drop`);
    await transaction
      .transaction(async (inner) => {
        await inner.execute(text`insert into kept values (1)`);
        inner.rollback();
      })
      .catch(() => undefined);
    return await transaction.execute(text`select * from kept`);
  });
  expect(rows).toEqual([]);
});

test("findApiKey · answers on the first try after the server has ended the connection under a query", async () => {
  const database = open("test-stale");
  const interrupted = database.sql`select pg_sleep(60)`.catch((error: unknown) => error);
  await expect
    .poll(
      () => administrator.sql`
      select pid from pg_stat_activity where application_name = 'test-stale' and wait_event = 'PgSleep'`,
    )
    .toHaveLength(1);
  await terminate("test-stale");
  expect(await interrupted).toBeInstanceOf(Error);
  expect(await findApiKey(database, "0".repeat(64))).toBeNull();
  await database[Symbol.asyncDispose]();
});
