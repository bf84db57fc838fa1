import { afterAll, beforeAll, expect, test } from "vitest";
import { withDatabase } from "./connection.ts";
import { type Pool, withPool } from "./pool.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";

let testDatabase: TestDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});

afterAll(async () => {
  await testDatabase[Symbol.asyncDispose]();
});

const document = '{"nested":["text"]}';

/** Every type that the pool and Drizzle have a say in. */
const readTypes = ({ sql }: Pool) =>
  sql`select ${document}::jsonb as jsonb, ${document}::json as json, ${"2026-01-02 03:04:05+00"}::timestamptz as moment,
             '2026-01-02'::date as day, '2026-01-02 03:04:05'::timestamp as local, '{2026-01-02}'::date[] as days,
             '{1.5}'::numeric[] as numbers, '{a}'::text[] as texts, 7::bigint as count`;

test("openPool · reads and writes every type as openDatabase does", async () => {
  const options = { max: 1, applicationName: "test" };
  const [plain] = await withPool(testDatabase.proxyUrl, options, readTypes);
  expect(plain).toMatchObject({ jsonb: { nested: ["text"] }, json: { nested: ["text"] }, count: 7 });
  expect(plain).toMatchObject({ moment: "2026-01-02 03:04:05+00", day: "2026-01-02", days: "{2026-01-02}" });
  expect(await withDatabase(testDatabase.proxyUrl, options, readTypes)).toEqual([plain]);
});
