import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "./connection.ts";
import { flushBatch } from "./queries/proxy/flush-batch.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";
import { createLogRecord } from "./test-fixtures.ts";

const fixture = { workspace_id: randomUUID(), api_key_id: randomUUID(), provider_key_id: randomUUID() };
const dayMs = 86_400_000;

let testDatabase: TestDatabase;
let administrator: Database;
let control: Database;
let proxy: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const open = (url: string) => openDatabase(url, { max: 2, applicationName: "test" });
  administrator = open(testDatabase.administratorUrl);
  control = open(testDatabase.controlUrl);
  proxy = open(testDatabase.proxyUrl);
});

afterAll(async () => {
  for (const database of [administrator, control, proxy]) await database[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

/** Name of the partition of a day, counted from today (UTC). */
function partitionOf(table: string, day: number): string {
  const date = new Date(Date.now() + day * dayMs).toISOString().slice(0, 10);
  return `${table}_${date.replaceAll("-", "")}`;
}

/** A record of noon, so many days from today. */
const recordOf = (day: number) =>
  createLogRecord(fixture, {
    metadata: { team: "blue" },
    created_at: `${new Date(Date.now() + day * dayMs).toISOString().slice(0, 10)}T12:00:00.000Z`,
  });

const placesOf = async (table: string, column: string, id: string) => {
  const rows = await administrator.sql.unsafe(
    `select tableoid::regclass::text as place from ${table} where ${column} = '${id}'`,
  );
  return rows.map((row) => row.place);
};

test("partitions · exist from yesterday to fourteen days ahead after a migration", async () => {
  const rows = await administrator.sql`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = 'request_logs'::regclass order by 1`;
  const days = Array.from({ length: 16 }, (_, index) => partitionOf("request_logs", index - 1));
  expect(rows.map((row) => row.name)).toEqual([...days, "request_logs_default"]);
});

test("partitions · a row goes to the partition of its day, and an old one to the default", async () => {
  const [today, old] = [recordOf(0), recordOf(-400)];
  await flushBatch(proxy, { batch_id: randomUUID(), proxy_id: "p", records: [today, old] });
  expect(await placesOf("request_logs", "id", today.id)).toEqual([partitionOf("request_logs", 0)]);
  expect(await placesOf("request_logs", "id", old.id)).toEqual(["request_logs_default"]);
});

test("partitions · control makes missing ones, and rows of their days leave the default first", async () => {
  const early = recordOf(20);
  const later = recordOf(30);
  await flushBatch(proxy, { batch_id: randomUUID(), proxy_id: "p", records: [early, later] });
  expect(await placesOf("request_logs", "id", early.id)).toEqual(["request_logs_default"]);
  const [row] = await control.sql`select perpetuo_ensure_partitions(21) as created`;
  expect(row).toEqual({ created: 14 });
  expect(await placesOf("request_logs", "id", early.id)).toEqual([partitionOf("request_logs", 20)]);
  expect(await placesOf("request_logs", "id", later.id)).toEqual(["request_logs_default"]);
  expect(await placesOf("request_log_metadata", "log_id", early.id)).toEqual([
    partitionOf("request_log_metadata", 20),
  ]);
  const [logged] =
    await administrator.sql`select to_jsonb(l) as log from request_logs as l where id = ${early.id}`;
  expect(logged?.log).toMatchObject({ request_id: early.request_id, attempts: early.attempts });
});

test("partitions · two controls that start at once make each partition once", async () => {
  const calls = [control, control].map(
    (database) => database.sql`select perpetuo_ensure_partitions(25) as created`,
  );
  const created = (await Promise.all(calls)).map(([row]) => row?.created as number);
  expect(created.toSorted((a, b) => a - b)).toEqual([0, 8]);
});

test("partitions · new ones are isolated like the others", async () => {
  await control.sql`select perpetuo_ensure_partitions(26)`;
  const name = partitionOf("request_logs", 26);
  const rows = await administrator.sql`
    select relrowsecurity and relforcerowsecurity as forced, polname from pg_class
    join pg_policy on polrelid = pg_class.oid where relname = ${name}`;
  expect(rows).toEqual([{ forced: true, polname: "workspace_isolation" }]);
});

test.each([-1, 367])("partitions · %i days ahead is refused", async (days) => {
  await expect(control.sql`select perpetuo_ensure_partitions(${days})`).rejects.toMatchObject({
    code: "22023",
  });
});
