import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../../connection.ts";
import { createTestDatabase, type TestDatabase } from "../../test-database.ts";
import { inWorkspace } from "../../workspace-transaction.ts";
import { type LogFilter, selectRequestLogs } from "./request-logs.ts";

let testDatabase: TestDatabase;
let control: Database;

const workspaceId = randomUUID();
const neighbourId = randomUUID();
const keyId = randomUUID();
/** Half of them the workspace's, and one in a hundred peculiar: an index has to find a few among many. */
const rowCount = 20_000;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  control = openDatabase(testDatabase.controlUrl, { max: 1, applicationName: "test" });
  const administrator = openDatabase(testDatabase.administratorUrl, { max: 1, applicationName: "test" });
  // One row a second over today and the days before, half of them a neighbour's; one in a hundred is peculiar.
  await administrator.sql`
    with rows as (
      select number, uuidv7() as id, now() - number * interval '1 second' as created_at,
        case number % 2 when 0 then ${workspaceId}::uuid else ${neighbourId}::uuid end as workspace_id,
        number % 100 = 0 as is_peculiar
      from generate_series(1, ${rowCount}::integer) as number),
    logs as (
      insert into request_logs (id, workspace_id, api_key_id, request_id, endpoint, config_version, requested_model,
        provider, upstream_model, status_code, streamed, usage_estimated, input_tokens, cached_input_tokens,
        output_tokens, reasoning_tokens, cost_micros, duration_ms, overhead_us, attempts, plan, created_at)
      select id, workspace_id, case when is_peculiar then ${keyId}::uuid else uuidv7() end, 'request-' || number,
        '/v1/chat/completions', 1, 'gpt-4', case when is_peculiar then 'mistral' else 'openai' end, 'gpt-4',
        case when is_peculiar then 502 else 200 end, false, false, 1, 0, 1, 0, 1, 1, 1, '[]', '[]', created_at
      from rows)
    insert into request_log_metadata (workspace_id, key, value, created_at, log_id)
    select workspace_id, 'team', case when is_peculiar then 'blue' else 'red' end, created_at, id from rows`;
  await administrator.sql`analyze request_logs, request_log_metadata`;
  await administrator[Symbol.asyncDispose]();
});
afterAll(async () => {
  await control[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

type Plan = {
  "Relation Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: Plan[];
};

/** How many rows a page reads from tables, as control's role under row-level security. */
async function rowsRead(filter: Omit<LogFilter, "workspace_id">): Promise<number> {
  const page = { limit: 50, offset: 0, after: null };
  const [row] = await inWorkspace(control, { workspace_id: workspaceId }, (transaction) => {
    const query = selectRequestLogs(transaction, { ...filter, workspace_id: workspaceId }, page);
    return transaction.execute<{ "QUERY PLAN": [{ Plan: Plan }] }>(
      sql`explain (analyze, format json) ${query}`,
    );
  });
  const plan = row?.["QUERY PLAN"][0].Plan;
  if (plan === undefined) throw new TypeError("There is no plan.");
  return nodesOf(plan)
    .filter((node) => node["Relation Name"] !== undefined)
    .map((node) => (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"])
    .reduce((sum, rows) => sum + rows, 0);
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

const aMinuteAgo = () => new Date(Date.now() - 60_000);

test.each<[string, Omit<LogFilter, "workspace_id">]>([
  ["no filter", {}],
  ["a time range", { from: aMinuteAgo() }],
  ["a provider", { provider: "mistral" }],
  ["an API key", { api_key_id: keyId }],
  ["a status", { statuses: [{ from: 502, to: 502 }] }],
  ["metadata", { metadata: { key: "team", value: "blue" } }],
])("listRequestLogs · %s reads a small part of the table under row-level security", async (_case, filter) => {
  expect(await rowsRead(filter)).toBeLessThan(rowCount / 20);
});
