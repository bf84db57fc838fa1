import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "./connection.ts";
import { users } from "./schema/accounts.ts";
import { auditLogs } from "./schema/audit.ts";
import { providerKeys } from "./schema/keys.ts";
import { memberships, workspaces } from "./schema/workspaces.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";
import { createWorkspaceFixture, type WorkspaceFixture } from "./test-fixtures.ts";
import { asUser, inWorkspace, type WorkspaceScope } from "./workspace-transaction.ts";

let testDatabase: TestDatabase;
let control: Database;
let owner: Database;
let fixture: WorkspaceFixture;
let scope: WorkspaceScope;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  control = openDatabase(testDatabase.controlUrl, { max: 1, applicationName: "test" });
  owner = openDatabase(testDatabase.ownerUrl, { max: 1, applicationName: "test" });
  fixture = await createWorkspaceFixture(control);
  scope = { workspace_id: fixture.workspace_id, user_id: fixture.user_id };
});

afterAll(async () => {
  await control[Symbol.asyncDispose]();
  await owner[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

const trailOf = (table: string) =>
  inWorkspace(control, scope, (transaction) =>
    transaction.select().from(auditLogs).where(eq(auditLogs.table_name, table)).orderBy(auditLogs.id),
  );

test("audit · records actor, address, browser and the row before and after", async () => {
  await inWorkspace(
    control,
    { ...scope, actor: "Ada", ip: "192.0.2.7", user_agent: "curl/8" },
    (transaction) =>
      transaction.update(workspaces).set({ name: "Renamed" }).where(eq(workspaces.id, fixture.workspace_id)),
  );
  expect((await trailOf("workspaces")).at(-1)).toMatchObject({
    workspace_id: fixture.workspace_id,
    actor: "Ada",
    action: "update",
    record_id: fixture.workspace_id,
    ip: "192.0.2.7",
    user_agent: "curl/8",
    before: { name: "Ada's" },
    after: { name: "Renamed" },
  });
});

test("audit · names the user when no actor is given, and the role when there is no user", async () => {
  const rename = (name: string, user_id?: string) =>
    inWorkspace(control, { workspace_id: fixture.workspace_id, user_id }, (transaction) =>
      transaction.update(workspaces).set({ name }).where(eq(workspaces.id, fixture.workspace_id)),
    );
  await rename("By a user", fixture.user_id);
  await rename("By the service");
  const actors = (await trailOf("workspaces")).slice(-2).map((entry) => entry.actor);
  expect(actors).toEqual([fixture.user_id, "perpetuo_control"]);
});

test("audit · leaves no trail of an update that changes nothing", async () => {
  const before = await trailOf("memberships");
  await inWorkspace(control, scope, (transaction) =>
    transaction.update(memberships).set({ role: "owner" }).where(eq(memberships.user_id, fixture.user_id)),
  );
  expect(await trailOf("memberships")).toEqual(before);
});

test("audit · masks every secret, and tells that one has changed", async () => {
  await inWorkspace(control, scope, (transaction) =>
    transaction.update(providerKeys).set({ ciphertext: "sealed-again-secret" }),
  );
  const [created, changed] = await trailOf("provider_keys");
  expect(created?.after).toMatchObject({ ciphertext: "[redacted]", last_four: "9xyz" });
  expect(changed?.before).toMatchObject({ ciphertext: "[redacted]" });
  expect(changed?.after).toMatchObject({ ciphertext: "[redacted, changed]" });
  const everything = JSON.stringify([
    await trailOf("provider_keys"),
    await trailOf("api_keys"),
    await trailOf("data_keys"),
    await asUser(control, scope as { user_id: string }, (transaction) =>
      transaction.select().from(auditLogs),
    ),
  ]);
  expect(everything).not.toMatch(/sealed-|wrapped-|argon2/);
  expect(everything).not.toContain(fixture.key_hash);
});

test("audit · shows a change of a user to that user and to nobody else", async () => {
  await asUser(control, { user_id: fixture.user_id }, (transaction) =>
    transaction.update(users).set({ name: "Ada L." }).where(eq(users.id, fixture.user_id)),
  );
  const stranger = await createWorkspaceFixture(control);
  const historyOf = async (user_id: string) => {
    const rows = await asUser(control, { user_id }, (transaction) => transaction.select().from(auditLogs));
    return rows.map((row) => row.record_id);
  };
  expect(await historyOf(fixture.user_id)).toEqual([fixture.user_id, fixture.user_id]);
  expect(await historyOf(stranger.user_id)).toEqual([stranger.user_id]);
});

test("audit · keeps the snapshot of a config version out of the trail", async () => {
  const [entry] = await trailOf("config_versions");
  expect(entry?.after).toMatchObject({ version: 1, checksum: "none" });
  expect(entry?.after).not.toHaveProperty("snapshot");
});

test.each(["audit_logs", "config_versions"])(
  "audit · %s cannot be rewritten even by the owner",
  async (table) => {
    const statements = [
      `update ${table} set workspace_id = null`,
      `delete from ${table}`,
      `truncate ${table}`,
    ];
    for (const statement of statements) {
      await expect(owner.sql.unsafe(statement)).rejects.toThrow(`${table} is append-only`);
    }
  },
);

test("audit · a rolled back change leaves no trail", async () => {
  const before = await trailOf("workspaces");
  await inWorkspace(control, scope, async (transaction) => {
    await transaction.update(workspaces).set({ name: "Never" });
    await transaction.execute(sql`select 1 / 0`);
  }).catch(() => undefined);
  expect(await trailOf("workspaces")).toEqual(before);
});
