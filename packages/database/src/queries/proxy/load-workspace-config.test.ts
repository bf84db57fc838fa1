import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Database, openDatabase } from "../../connection.ts";
import { configVersions } from "../../schema/config-versions.ts";
import { apiKeys, providerKeys } from "../../schema/keys.ts";
import { workspaces } from "../../schema/workspaces.ts";
import { createTestDatabase, type TestDatabase } from "../../test-database.ts";
import { createLogRecord, createWorkspaceFixture, type WorkspaceFixture } from "../../test-fixtures.ts";
import { inWorkspace, type Transaction } from "../../workspace-transaction.ts";
import { listCataloguePrices } from "../control/model-prices.ts";
import { findApiKey } from "./find-api-key.ts";
import { flushBatch } from "./flush-batch.ts";
import { loadWorkspaceConfig } from "./load-workspace-config.ts";

let testDatabase: TestDatabase;
let control: Database;
let proxy: Database;
let owner: Database;
let fixture: WorkspaceFixture;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const open = (url: string) => openDatabase(url, { max: 1, applicationName: "test" });
  control = open(testDatabase.controlUrl);
  proxy = open(testDatabase.proxyUrl);
  owner = open(testDatabase.ownerUrl);
});

beforeEach(async () => {
  fixture = await createWorkspaceFixture(control);
});

afterAll(async () => {
  for (const database of [control, proxy, owner]) await database[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

const change = (work: (transaction: Transaction) => Promise<unknown>) =>
  inWorkspace(control, { workspace_id: fixture.workspace_id }, work);

test("findApiKey · finds what the proxy needs to know of a key", async () => {
  const expires = new Date("2030-01-02T03:04:05.678Z");
  await change((transaction) =>
    transaction.update(apiKeys).set({
      expires_at: expires,
      models: ["gpt-4"],
      limits: { requests_per_minute: 5 },
      scopes: ["gateway"],
    }),
  );
  expect(await findApiKey(proxy, fixture.key_hash)).toEqual({
    api_key_id: fixture.api_key_id,
    workspace_id: fixture.workspace_id,
    scopes: ["gateway"],
    models: ["gpt-4"],
    expires_at: expires.getTime(),
    limits: { requests_per_minute: 5 },
    spent: null,
  });
});

test("findApiKey · a key without end or list of models has null for both", async () => {
  expect(await findApiKey(proxy, fixture.key_hash)).toMatchObject({
    expires_at: null,
    models: null,
    limits: {},
  });
});

test("findApiKey · null for an unknown key", async () => {
  expect(await findApiKey(proxy, "f".repeat(64))).toBeNull();
});

test("findApiKey · null for a revoked key", async () => {
  await change((transaction) => transaction.update(apiKeys).set({ revoked_at: new Date() }));
  expect(await findApiKey(proxy, fixture.key_hash)).toBeNull();
});

test("findApiKey and loadWorkspaceConfig · null once the workspace is deleted", async () => {
  await change((transaction) => transaction.update(workspaces).set({ deleted_at: new Date() }));
  expect(await findApiKey(proxy, fixture.key_hash)).toBeNull();
  expect(await loadWorkspaceConfig(proxy, fixture.workspace_id)).toBeNull();
});

test("loadWorkspaceConfig · null for an unknown workspace", async () => {
  expect(await loadWorkspaceConfig(proxy, randomUUID())).toBeNull();
});

test("loadWorkspaceConfig · gives keys, data keys, limits and the newest snapshot of this workspace alone", async () => {
  await createWorkspaceFixture(control);
  const { workspace_id } = fixture;
  const snapshot = { format: 1 as const, routes: [], policies: [] };
  await change(async (transaction) => {
    await transaction.insert(configVersions).values({ workspace_id, version: 2, snapshot, checksum: "x" });
    await transaction.update(workspaces).set({ limits: { budget_daily_micros: 3_000_000_000 } });
  });
  expect(await loadWorkspaceConfig(proxy, workspace_id)).toMatchObject({
    workspace_id,
    config_version: 2,
    snapshot,
    limits: { budget_daily_micros: 3_000_000_000 },
    data_keys: [
      {
        key_id: fixture.data_key_id,
        workspace_id,
        wrapped_key: "wrapped-secret",
        master_key_id: "0123456789abcdef",
      },
    ],
    provider_keys: [
      {
        provider_key_id: fixture.provider_key_id,
        workspace_id,
        provider: "openai",
        name: "Main",
        ciphertext: "sealed-secret",
        key_id: fixture.data_key_id,
        base_url: null,
        models: null,
        priority: 1,
        weight: 1,
      },
    ],
  });
});

test("loadWorkspaceConfig · orders provider keys by priority and leaves disabled ones out", async () => {
  const { workspace_id, data_key_id: key_id } = fixture;
  const common = { workspace_id, key_id, provider: "mock" as const, ciphertext: "c", last_four: "0000" };
  await change(async (transaction) => {
    await transaction.insert(providerKeys).values({ ...common, name: "third", priority: 3 });
    await transaction.insert(providerKeys).values({ ...common, name: "off", priority: 1, enabled: false });
    await transaction.insert(providerKeys).values({ ...common, name: "second", priority: 2 });
  });
  const config = await loadWorkspaceConfig(proxy, workspace_id);
  expect(config?.provider_keys.map((key) => key.name)).toEqual(["Main", "second", "third"]);
});

test("loadWorkspaceConfig · a workspace's own price replaces the catalogue's, and the catalogue fills the rest", async () => {
  const config = await loadWorkspaceConfig(proxy, fixture.workspace_id);
  const priceOf = (model: string) => config?.prices.filter((price) => price.model === model);
  // What went through a cache costs what other input costs, as the workspace's price names no rate for it.
  expect(priceOf("gpt-4")).toEqual([
    {
      provider: "openai",
      model: "gpt-4",
      input_micros_per_million: 1_000_000,
      cached_input_micros_per_million: 1_000_000,
      cache_write_micros_per_million: 1_000_000,
      cache_write_1h_micros_per_million: 1_000_000,
      output_micros_per_million: 2_000_000,
      max_output_tokens: 4096,
      capabilities: ["chat", "tools", "prompt-caching"],
    },
  ]);
  expect(priceOf("gpt-4o")).toMatchObject([
    { input_micros_per_million: 2_500_000, cached_input_micros_per_million: 1_250_000 },
  ]);
});

test("findApiKey and loadWorkspaceConfig · a budget comes with what its day and month have cost so far", async () => {
  const { workspace_id, api_key_id } = fixture;
  const limits = { budget_monthly_micros: 1_000_000 };
  await change(async (transaction) => {
    await transaction.update(apiKeys).set({ limits });
    await transaction.update(workspaces).set({ limits });
  });
  const today = new Date().toISOString();
  const lastMonth = new Date(Date.now() - 32 * 86_400_000).toISOString();
  const record = (cost_micros: number, own: object) => createLogRecord(fixture, { cost_micros, ...own });
  await flushBatch(proxy, {
    batch_id: randomUUID(),
    proxy_id: "test",
    records: [
      record(5, { created_at: today }),
      record(7, { created_at: today, api_key_id: randomUUID() }),
      record(100, { created_at: lastMonth }),
    ],
  });
  const key = await findApiKey(proxy, fixture.key_hash);
  const now = new Date(today);
  const period = {
    day: Math.floor(now.getTime() / 86_400_000),
    month: now.getUTCFullYear() * 12 + now.getUTCMonth(),
  };
  expect(key).toMatchObject({ api_key_id, spent: { ...period, day_micros: 5, month_micros: 5 } });
  const config = await loadWorkspaceConfig(proxy, workspace_id);
  expect(config?.spent).toEqual({ ...period, day_micros: 12, month_micros: 12 });
});

test("loadWorkspaceConfig · takes the newest price that is in force already, else the first that will be", async () => {
  await owner.sql`
    insert into model_prices (provider, model, input_micros_per_million, output_micros_per_million, source, valid_from)
    values ('openai', 'gpt-4o', 1, 1, 'test', now() - interval '1 hour'),
           ('openai', 'gpt-4o', 2, 2, 'test', now() + interval '1 hour'),
           ('openai', 'announced', 3, 3, 'test', now() + interval '1 hour'),
           ('openai', 'announced', 4, 4, 'test', now() + interval '2 hours')`;
  const config = await loadWorkspaceConfig(proxy, fixture.workspace_id);
  const prices = config?.prices.filter((price) => ["gpt-4o", "announced"].includes(price.model));
  expect(prices).toMatchObject([{ input_micros_per_million: 3 }, { input_micros_per_million: 1 }]);
  const listed = await inWorkspace(control, { workspace_id: fixture.workspace_id }, (transaction) =>
    listCataloguePrices(transaction),
  );
  const same = listed.filter(
    ({ provider, model }) => provider === "openai" && ["gpt-4o", "announced"].includes(model),
  );
  expect(same.map((price) => price.input_micros_per_million)).toEqual(
    prices?.map((price) => price.input_micros_per_million),
  );
});

test("loadWorkspaceConfig · a workspace that has published nothing has version 0 and no routes", async () => {
  const workspace_id = randomUUID();
  await inWorkspace(control, { workspace_id }, (transaction) =>
    transaction.insert(workspaces).values({ id: workspace_id, slug: workspace_id, name: "New" }),
  );
  expect(await loadWorkspaceConfig(proxy, workspace_id)).toMatchObject({
    config_version: 0,
    snapshot: { format: 1, routes: [], policies: [] },
    provider_keys: [],
    data_keys: [],
  });
});

test("loadWorkspaceConfig · sees the deletion of one workspace only", async () => {
  const other = await createWorkspaceFixture(control);
  await change((transaction) =>
    transaction
      .update(workspaces)
      .set({ deleted_at: new Date() })
      .where(eq(workspaces.id, fixture.workspace_id)),
  );
  expect(await loadWorkspaceConfig(proxy, other.workspace_id)).not.toBeNull();
});
