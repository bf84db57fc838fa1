import { randomUUID } from "node:crypto";
import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "./connection.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";
import { inWorkspace } from "./workspace-transaction.ts";

const workspaceId = randomUUID();

let testDatabase: TestDatabase;
let control: Database;

/** A day of 20,000 requests, half of them of the workspace in question; what the tests look for is one row in a thousand. */
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  control = openDatabase(testDatabase.controlUrl, { max: 1, applicationName: "test" });
  const administrator = openDatabase(testDatabase.administratorUrl, { max: 1, applicationName: "test" });
  await administrator.sql`
    insert into request_logs (id, workspace_id, api_key_id, request_id, endpoint, config_version, requested_model,
      provider, status_code, streamed, usage_estimated, input_tokens, cached_input_tokens, output_tokens,
      reasoning_tokens, duration_ms, overhead_us, attempts, plan, "user", created_at,
      recorded_at)
    select uuidv7(), case n % 2 when 0 then ${workspaceId}::uuid else uuidv7() end,
      (lpad((n % 1000)::text, 8, '0') || '-0000-7000-8000-000000000000')::uuid, 'r' || n, '/v1/chat/completions', 1,
      'model-' || n % 1000, 'provider-' || n % 1000, 200 + n % 1000, true, false, 1, 0, 1, 0, 100, 200, '[]', '[]',
      'user-' || n % 1000, date_trunc('day', now(), 'UTC') + n * interval '1 second',
      now() - n * interval '1 minute'
    from generate_series(1, 20000) as n`;
  await administrator.sql`
    insert into request_log_metadata (workspace_id, key, value, created_at, log_id)
    select workspace_id, 'team', requested_model, created_at, id from request_logs`;
  await administrator.sql.unsafe("vacuum analyze request_logs, request_log_metadata");
  await administrator[Symbol.asyncDispose]();
});

afterAll(async () => {
  await control[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

const today = sql`created_at >= date_trunc('day', now(), 'UTC') and created_at < date_trunc('day', now(), 'UTC') + interval '1 day'`;

/** The plan of a query as control runs it in the workspace, row-level security included. */
async function planOf(query: SQL): Promise<string> {
  const rows = await inWorkspace(control, { workspace_id: workspaceId }, (transaction) =>
    transaction.execute(sql`explain ${query}`),
  );
  return rows.map((row) => String(row["QUERY PLAN"])).join("\n");
}

const indexConditions = (plan: string) =>
  plan
    .split("\n")
    .filter((line) => line.includes("Index Cond"))
    .join("\n");

test.each<[string, SQL]>([
  ["api_key_id", sql`api_key_id = '00000500-0000-7000-8000-000000000000'`],
  ["requested_model", sql`requested_model = 'model-500'`],
  ["provider", sql`provider = 'provider-500'`],
  ["status_code", sql`status_code = 700`],
  ['"user"', sql`"user" = 'user-500'`],
])(
  "request logs · a filter on %s is answered by an index under row-level security",
  async (column, filter) => {
    const plan = await planOf(sql`
    select id from request_logs where ${filter} and ${today} order by created_at desc, id desc limit 50`);
    expect(indexConditions(plan)).toContain(`${column} = `);
  },
);

test("request logs · a filter on metadata is answered by an index under row-level security", async () => {
  const plan = await planOf(sql`
    select log_id from request_log_metadata where key = 'team' and value = 'model-500' and ${today}`);
  expect(indexConditions(plan)).toMatch(/key = 'team'.*value = 'model-500'/);
});

test("request logs · what was written in the last seconds is found by an index under row-level security", async () => {
  const plan = await planOf(sql`
    select id from request_logs where recorded_at >= now() - interval '10 seconds'
    order by recorded_at desc, id desc limit 20000`);
  expect(indexConditions(plan)).toMatch(/workspace_id = .*recorded_at >= /);
});

test("request logs · the newest page comes in the order of an index, without sorting", async () => {
  const plan = await planOf(sql`
    select id from request_logs where ${today} order by created_at desc, id desc limit 50`);
  expect(plan).toContain("Index Only Scan using request_logs_");
  // Merge Append joins partitions that are in order already; a sort of their rows would be a node of its own.
  expect(plan).not.toMatch(/-> {2}(Incremental )?Sort/);
});
