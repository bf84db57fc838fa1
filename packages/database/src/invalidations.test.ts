import { randomUUID } from "node:crypto";
import type { Invalidation } from "@perpetuo/contracts/gateway-config";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type Database, openDatabase } from "./connection.ts";
import { listenForInvalidations } from "./invalidations.ts";
import { configVersions } from "./schema/config-versions.ts";
import { apiKeys, dataKeys, providerKeys } from "./schema/keys.ts";
import { modelPriceOverrides } from "./schema/prices.ts";
import { workspaceProfiles, workspaces } from "./schema/workspaces.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";
import { createWorkspaceFixture, type WorkspaceFixture } from "./test-fixtures.ts";
import { inWorkspace, type Transaction } from "./workspace-transaction.ts";

let testDatabase: TestDatabase;
let control: Database;
let owner: Database;
let administrator: Database;
let fixture: WorkspaceFixture;
let listener: AsyncDisposable;
/** What has been heard, in order, connection events included. */
let heard: (Invalidation | { kind: "connected" | "disconnected" })[] = [];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  control = openDatabase(testDatabase.controlUrl, { max: 1, applicationName: "test" });
  owner = openDatabase(testDatabase.ownerUrl, { max: 1, applicationName: "test" });
  administrator = openDatabase(testDatabase.administratorUrl, { max: 1, applicationName: "test" });
  fixture = await createWorkspaceFixture(control);
  listener = await listenForInvalidations(testDatabase.proxyUrl, {
    onInvalidation: (invalidation) => heard.push(invalidation),
    onConnected: () => heard.push({ kind: "connected" }),
    onDisconnected: () => heard.push({ kind: "disconnected" }),
  });
  await vi.waitFor(() => expect(heard).toEqual([{ kind: "connected" }]));
});

beforeEach(() => {
  heard = [];
});

afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  for (const database of [control, owner, administrator]) await database[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

const inFixture = (work: (transaction: Transaction) => Promise<unknown>) =>
  inWorkspace(control, { workspace_id: fixture.workspace_id }, work);

/** What a change announces: everything heard before a marker that is sent after it. */
async function announcedBy(change: Promise<unknown>): Promise<unknown[]> {
  await change;
  const marker = { kind: "api_key", key_hash: randomUUID() };
  await control.sql`select pg_notify('perpetuo_invalidation', ${JSON.stringify(marker)})`;
  await expect.poll(() => heard).toContainEqual(marker);
  return heard.slice(
    0,
    heard.findIndex((entry) => "key_hash" in entry && entry.key_hash === marker.key_hash),
  );
}

const forKey = (key_hash: string) => ({ kind: "api_key", key_hash });
const forWorkspace = () => ({ kind: "workspace", workspace_id: fixture.workspace_id });

test("invalidations · revoking an API key announces its hash", async () => {
  const change = inFixture((transaction) => transaction.update(apiKeys).set({ revoked_at: new Date() }));
  expect(await announcedBy(change)).toEqual([forKey(fixture.key_hash)]);
});

test("invalidations · rotating an API key announces the old and the new hash", async () => {
  const key_hash = "a".repeat(64);
  const change = inFixture((transaction) => transaction.update(apiKeys).set({ key_hash }));
  expect(await announcedBy(change)).toEqual([forKey(fixture.key_hash), forKey(key_hash)]);
});

test("invalidations · creating and deleting an API key announce it, for negative entries", async () => {
  const key_hash = "b".repeat(64);
  const { workspace_id } = fixture;
  const create = inFixture((transaction) =>
    transaction.insert(apiKeys).values({ workspace_id, name: "New", prefix: "pk_", key_hash }),
  );
  expect(await announcedBy(create)).toEqual([forKey(key_hash)]);
  heard = [];
  const remove = inFixture((transaction) =>
    transaction.delete(apiKeys).where(eq(apiKeys.key_hash, key_hash)),
  );
  expect(await announcedBy(remove)).toEqual([forKey(key_hash)]);
});

test.each<[string, (transaction: Transaction) => Promise<unknown>]>([
  ["a provider key", (transaction) => transaction.update(providerKeys).set({ enabled: false })],
  ["a data key", (transaction) => transaction.update(dataKeys).set({ wrapped_key: "again" })],
  ["the limits", (transaction) => transaction.update(workspaces).set({ limits: { requests_per_minute: 1 } })],
  [
    "the settings",
    (transaction) => transaction.update(workspaces).set({ settings: { publishing: "manual" } }),
  ],
  ["a price", (transaction) => transaction.update(modelPriceOverrides).set({ output_micros_per_million: 1 })],
  ["deletion", (transaction) => transaction.update(workspaces).set({ deleted_at: new Date() })],
])("invalidations · changing %s announces the workspace", async (_what, change) => {
  expect(await announcedBy(inFixture(change))).toEqual([forWorkspace()]);
});

test("invalidations · publishing announces the workspace", async () => {
  const { workspace_id } = fixture;
  const change = inFixture((transaction) =>
    transaction
      .insert(configVersions)
      .values({ workspace_id, version: 2, snapshot: { format: 1, routes: [], policies: [] }, checksum: "x" }),
  );
  expect(await announcedBy(change)).toEqual([forWorkspace()]);
});

test("invalidations · what does not concern the proxy announces nothing", async () => {
  const change = inFixture(async (transaction) => {
    await transaction.update(workspaces).set({ name: "Renamed" });
    await transaction.update(workspaceProfiles).set({ mission: "Rest" });
  });
  expect(await announcedBy(change)).toEqual([]);
});

test("invalidations · a change that is rolled back announces nothing", async () => {
  const change = inFixture(async (transaction) => {
    await transaction.update(apiKeys).set({ revoked_at: null });
    transaction.rollback();
  }).catch(() => undefined);
  expect(await announcedBy(change)).toEqual([]);
});

test("invalidations · a change of the catalogue announces it once", async () => {
  const change = owner.sql`update model_prices set source = source || '.'`;
  expect(await announcedBy(change)).toEqual([{ kind: "catalogue" }]);
});

test("listenForInvalidations · reports a lost connection, makes it again and hears on", async () => {
  await administrator.sql`
    select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'perpetuo-invalidations'
      and datname = current_database()`;
  await expect.poll(() => heard).toEqual([{ kind: "disconnected" }, { kind: "connected" }]);
  heard = [];
  const change = inFixture((transaction) => transaction.update(providerKeys).set({ priority: 2 }));
  expect(await announcedBy(change)).toEqual([forWorkspace()]);
});

test("listenForInvalidations · stops when disposed while the database is away", async () => {
  const events: string[] = [];
  const away = await listenForInvalidations("postgres://nobody:x@127.0.0.1:1/none", {
    onInvalidation: () => events.push("invalidation"),
    onConnected: () => events.push("connected"),
    onDisconnected: () => events.push("disconnected"),
  });
  await away[Symbol.asyncDispose]();
  expect(events).toEqual([]);
});
