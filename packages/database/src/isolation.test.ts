import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "./connection.ts";
import { flushBatch } from "./queries/proxy/flush-batch.ts";
import { dataKeys, providerKeys } from "./schema/keys.ts";
import { memberships, workspaces } from "./schema/workspaces.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";
import { createLogRecord, createWorkspaceFixture, type WorkspaceFixture } from "./test-fixtures.ts";
import { asUser, inWorkspace, type Transaction } from "./workspace-transaction.ts";

const tables = [
  "workspaces",
  "workspace_profiles",
  "memberships",
  "invites",
  "data_keys",
  "provider_keys",
  "api_keys",
  "policies",
  "routes",
  "config_versions",
  "model_price_overrides",
  "request_logs",
  "request_log_metadata",
  "usage_counters",
  "usage_hourly",
  "api_key_usage",
  "provider_key_health",
  "audit_logs",
];

let testDatabase: TestDatabase;
let administrator: Database;
let control: Database;
let proxy: Database;
let worker: Database;
let owner: Database;
let own: WorkspaceFixture;
let other: WorkspaceFixture;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const open = (url: string) => openDatabase(url, { max: 1, applicationName: "test" });
  administrator = open(testDatabase.administratorUrl);
  control = open(testDatabase.controlUrl);
  proxy = open(testDatabase.proxyUrl);
  worker = open(testDatabase.workerUrl);
  owner = open(testDatabase.ownerUrl);
  own = await createWorkspaceFixture(control);
  other = await createWorkspaceFixture(control);
  const records = [own, other].map((fixture) => createLogRecord(fixture, { metadata: { team: "blue" } }));
  await flushBatch(proxy, { batch_id: "batch", proxy_id: "proxy", records });
});

afterAll(async () => {
  for (const database of [administrator, control, proxy, worker, owner])
    await database[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

/** SQLSTATE of what a statement ran into; null when it succeeded. */
async function refusal(work: Promise<unknown>): Promise<string | null> {
  return await work.then(
    () => null,
    (error: { code?: string; cause?: { code?: string } }) => error.code ?? error.cause?.code ?? String(error),
  );
}

const keyOf = (table: string) => (table === "workspaces" ? "id" : "workspace_id");
const isOthers = (table: string) => sql`${sql.raw(keyOf(table))} = ${other.workspace_id}::uuid`;
const snapshot = (table: string) =>
  administrator.orm.execute(
    sql`select to_jsonb(t) as row from ${sql.raw(table)} as t where ${isOthers(table)}`,
  );
const insufficientPrivilege = "42501";

describe.each(tables)("isolation · %s", (table) => {
  const target = sql.raw(table);

  test("has rows of the other workspace to protect", async () => {
    expect((await snapshot(table)).length).toBeGreaterThan(0);
  });

  test("shows no row of another workspace to any role that reads by workspace", async () => {
    for (const database of [control, worker, owner]) {
      // The owner enumerates workspaces for maintenance, see the policy owner_enumerates.
      if (database === owner && table === "workspaces") continue;
      const read = inWorkspace(
        database,
        { workspace_id: own.workspace_id, user_id: own.user_id },
        (transaction) => transaction.execute(sql`select * from ${target} where ${isOthers(table)}`),
      );
      const outcome = await read.catch((error: { cause?: { code?: string } }) => error.cause?.code);
      expect(outcome === insufficientPrivilege ? [] : outcome).toEqual([]);
    }
  });

  test("shows its own rows to control", async () => {
    const rows = await inWorkspace(control, { workspace_id: own.workspace_id }, (transaction) =>
      transaction.execute(sql`select * from ${target}`),
    );
    expect(rows.length).toBeGreaterThan(0);
  });

  test("shows nothing to control outside a workspace", async () => {
    expect(await control.orm.execute(sql`select * from ${target}`)).toEqual([]);
  });

  test("keeps the other workspace's rows from being written by control, worker or owner", async () => {
    const before = await snapshot(table);
    const key = sql.raw(keyOf(table));
    const attempts = [
      sql`update ${target} set ${key} = ${key} where ${isOthers(table)} returning 1`,
      sql`update ${target} set ${key} = ${own.workspace_id}::uuid where ${isOthers(table)} returning 1`,
      sql`delete from ${target} where ${isOthers(table)} returning 1`,
    ];
    for (const database of [control, worker, owner]) {
      for (const attempt of attempts) {
        const outcome = await inWorkspace(database, { workspace_id: own.workspace_id }, (transaction) =>
          transaction.execute(attempt),
        ).catch((error: { cause?: { code?: string } }) => error.cause?.code);
        expect(outcome === insufficientPrivilege ? [] : outcome).toEqual([]);
      }
    }
    expect(await snapshot(table)).toEqual(before);
  });

  test("refuses a row that names another workspace", async () => {
    const [copied] = await snapshot(table);
    const insert = (transaction: Transaction) =>
      transaction.execute(sql`
        insert into ${target} select (jsonb_populate_record(null::${target}, ${JSON.stringify(copied?.row)}::jsonb)).*`);
    for (const database of [control, worker]) {
      const work = inWorkspace(database, { workspace_id: own.workspace_id }, insert);
      expect(await refusal(work)).toBe(insufficientPrivilege);
    }
  });
});

test("isolation · an id that another workspace uses is no obstacle, so it tells nothing", async () => {
  const { workspace_id } = own;
  await inWorkspace(control, { workspace_id }, async (transaction) => {
    await transaction.insert(dataKeys).values({
      workspace_id,
      key_id: other.data_key_id,
      wrapped_key: "w",
      master_key_id: "m",
    });
    await transaction.insert(providerKeys).values({
      workspace_id,
      id: other.provider_key_id,
      provider: "mock",
      name: "Same id",
      ciphertext: "c",
      key_id: other.data_key_id,
      last_four: "0000",
    });
  });
});

test("isolation · a reference to another workspace's data key fails like one to a key that is nowhere", async () => {
  const { workspace_id } = other;
  const insertWith = (key_id: string) =>
    inWorkspace(control, { workspace_id }, (transaction) =>
      transaction
        .insert(providerKeys)
        .values({ workspace_id, provider: "mock", name: key_id, ciphertext: "c", key_id, last_four: "0000" }),
    );
  expect(await refusal(insertWith(own.data_key_id))).toBe("23503");
  expect(await refusal(insertWith("nowhere"))).toBe("23503");
});

test("asUser · sees the user's memberships and their workspaces, and no one else's", async () => {
  const [mine, places] = await asUser(control, { user_id: own.user_id }, async (transaction) => [
    await transaction.select({ workspace_id: memberships.workspace_id }).from(memberships),
    await transaction.select({ id: workspaces.id }).from(workspaces),
  ]);
  expect(mine).toEqual([{ workspace_id: own.workspace_id }]);
  expect(places).toEqual([{ id: own.workspace_id }]);
});

test("asUser · changes nothing: a membership is readable but not writable outside its workspace", async () => {
  const changed = await asUser(control, { user_id: own.user_id }, (transaction) =>
    transaction
      .update(memberships)
      .set({ role: "viewer" })
      .where(eq(memberships.user_id, own.user_id))
      .returning(),
  );
  expect(changed).toEqual([]);
});

describe("proxy grants", () => {
  test.each([
    "select * from users",
    "select * from sessions",
    "select * from password_resets",
    "select * from memberships",
    "select * from invites",
    "select * from audit_logs",
    "select * from auth_throttle",
    "select * from workspace_profiles",
    "select * from routes",
    "select * from policies",
    "select name from workspaces",
    "select last_four from provider_keys",
    "select name from api_keys",
    "select error_message from request_logs",
    "select metadata from request_logs",
    "select proxy_id from log_batches",
    "update api_keys set revoked_at = null",
    "update provider_keys set base_url = 'https://evil.example'",
    "insert into config_versions (workspace_id, version, snapshot, checksum) values (uuidv7(), 1, '{}', '')",
    "update model_prices set input_micros_per_million = 0",
    "update request_logs set cost_micros = 0",
    "delete from request_logs",
    "delete from usage_counters",
    "select perpetuo_ensure_partitions(1)",
    "create table stolen (id int)",
  ])("refuse: %s", async (statement) => {
    expect(await refusal(proxy.sql.unsafe(statement))).toBe(insufficientPrivilege);
  });
});

describe("control grants", () => {
  test.each([
    "insert into audit_logs (actor, action, table_name, record_id) values ('me', 'insert', 'users', '1')",
    "update audit_logs set actor = 'nobody'",
    "delete from audit_logs",
    "truncate audit_logs",
    "update usage_counters set requests = 0",
    "insert into request_logs_default select * from request_logs",
    "select * from request_logs_default",
    "update model_prices set input_micros_per_million = 0",
    "delete from workspaces",
    "delete from invites",
    "alter table workspaces disable row level security",
  ])("refuse: %s", async (statement) => {
    expect(await refusal(control.sql.unsafe(statement))).toBe(insufficientPrivilege);
  });
});
