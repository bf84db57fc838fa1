import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "./connection.ts";
import { findApiKey } from "./queries/proxy/find-api-key.ts";
import { flushBatch } from "./queries/proxy/flush-batch.ts";
import { memberships } from "./schema/workspaces.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";
import { createLogRecord, createWorkspaceFixture, type WorkspaceFixture } from "./test-fixtures.ts";
import { inWorkspace } from "./workspace-transaction.ts";

const rounds = 60;

let testDatabase: TestDatabase;
let administrator: Database;
let control: Database;
let proxy: Database;
let fixture: WorkspaceFixture;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const open = (url: string, applicationName: string) => openDatabase(url, { max: 4, applicationName });
  administrator = open(testDatabase.administratorUrl, "test");
  control = open(testDatabase.controlUrl, "storm");
  proxy = open(testDatabase.proxyUrl, "storm");
  fixture = await createWorkspaceFixture(control);
});

afterAll(async () => {
  for (const database of [administrator, control, proxy]) await database[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

/** Repeats `work` until `stopped`, past every failure, and returns what came of it when it succeeded. */
async function repeat<T>(stopped: AbortSignal, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  while (!stopped.aborted) {
    await work().then(
      (result) => results.push(result),
      () => undefined,
    );
  }
  return results;
}

/** Flushes one batch again and again until it is known to be in; returns how many rows it had. */
async function flushUntilCommitted(): Promise<number> {
  const records = Array.from({ length: 20 }, () => createLogRecord(fixture));
  const batch = { batch_id: randomUUID(), proxy_id: "proxy", records };
  for (;;) {
    const outcome = await flushBatch(proxy, batch).catch(() => null);
    if (outcome !== null) return records.length;
  }
}

test("lost connections · no answer is wrong, none is missing and the accounts balance", async () => {
  const stop = new AbortController();
  const parallel = <T>(count: number, work: () => Promise<T>) =>
    Promise.all(Array.from({ length: count }, () => repeat(stop.signal, work))).then((results) =>
      results.flat(),
    );
  const keys = parallel(6, () => findApiKey(proxy, fixture.key_hash));
  const flushes = parallel(2, flushUntilCommitted);
  const reads = parallel(6, () =>
    inWorkspace(control, { workspace_id: fixture.workspace_id }, (transaction) =>
      transaction.select().from(memberships),
    ),
  );
  for (let round = 0; round < rounds; round += 1) {
    await administrator.sql`
      select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'storm'`;
    // The pace of the storm: long enough for some work to succeed between two rounds.
    await administrator.sql`select pg_sleep(0.15)`;
  }
  stop.abort();
  expect(new Set((await keys).map((key) => key?.api_key_id))).toEqual(new Set([fixture.api_key_id]));
  expect(new Set((await reads).map((rows) => rows.length))).toEqual(new Set([1]));
  const flushed = (await flushes).reduce((sum, rows) => sum + rows, 0);
  const [counted] = await administrator.sql`
    select count(*) as rows, (select requests from usage_counters) as requests from request_logs`;
  expect(flushed).toBeGreaterThan(0);
  expect(counted).toEqual({ rows: flushed, requests: flushed });
});
