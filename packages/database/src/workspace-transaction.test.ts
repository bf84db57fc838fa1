import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "./connection.ts";
import { workspaces } from "./schema/workspaces.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";
import { asUser, inWorkspace } from "./workspace-transaction.ts";

const first = "01890000-0000-7000-8000-000000000001";
const second = "01890000-0000-7000-8000-000000000002";

let testDatabase: TestDatabase;
/** One connection, so that every transaction follows the one before on the same session. */
let control: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  control = openDatabase(testDatabase.controlUrl, { max: 1, applicationName: "test" });
  for (const id of [first, second]) {
    await inWorkspace(control, { workspace_id: id }, (transaction) =>
      transaction.insert(workspaces).values({ id, slug: id, name: `Workspace ${id}` }),
    );
  }
});

afterAll(async () => {
  await control[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

const settings = sql`
  select current_setting('app.workspace_id', true) as workspace_id, current_setting('app.user_id', true) as user_id`;

const visible = async () =>
  (await control.orm.select({ id: workspaces.id }).from(workspaces)).map((row) => row.id);

test("inWorkspace · sees the rows of its workspace only", async () => {
  const rows = await inWorkspace(control, { workspace_id: first }, (transaction) =>
    transaction.select({ id: workspaces.id }).from(workspaces),
  );
  expect(rows).toEqual([{ id: first }]);
});

test("inWorkspace · leaves no setting on the pooled connection after a commit", async () => {
  await inWorkspace(
    control,
    { workspace_id: first, user_id: second, ip: "192.0.2.1" },
    async () => undefined,
  );
  const [row] = await control.orm.execute(settings);
  expect(row).toEqual({ workspace_id: "", user_id: "" });
  expect(await visible()).toEqual([]);
});

test("inWorkspace · leaves no setting after an error in the work", async () => {
  const failure = new Error("stop here");
  await expect(
    inWorkspace(control, { workspace_id: first }, async () => {
      throw failure;
    }),
  ).rejects.toBe(failure);
  expect(await visible()).toEqual([]);
});

test("inWorkspace · leaves no setting after a statement that PostgreSQL refuses", async () => {
  await expect(
    inWorkspace(control, { workspace_id: first }, (transaction) => transaction.execute(sql`select 1 / 0`)),
  ).rejects.toThrow();
  expect(await visible()).toEqual([]);
});

test("inWorkspace · leaves no setting after a rollback", async () => {
  await expect(
    inWorkspace(control, { workspace_id: first }, async (transaction) => transaction.rollback()),
  ).rejects.toThrow();
  expect(await visible()).toEqual([]);
});

test("inWorkspace · refuses an id that is no UUID as not found", async () => {
  await expect(
    inWorkspace(control, { workspace_id: "1 or true" }, async () => undefined),
  ).rejects.toMatchObject({
    code: "not_found",
  });
});

test("asUser · accepts NUL and lone surrogates in what came from request headers", async () => {
  const [row] = await asUser(control, { user_id: first, user_agent: "a\0b\ud800" }, (transaction) =>
    transaction.execute(sql`select current_setting('app.user_agent', true) as user_agent`),
  );
  expect(row).toEqual({ user_agent: "ab\ufffd" });
});
