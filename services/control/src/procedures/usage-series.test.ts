import { randomUUID } from "node:crypto";
import type { UsageSeries } from "@perpetuo/contracts/api/usage-series";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { createLogRecord } from "@perpetuo/database/test-fixtures";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, startTestControl, type TestControl, withDatabase } from "../test-control.ts";

let control: TestControl;
let owner: Person;
let keyId: string;

const hour = 60 * 60 * 1000;
/** Five minutes into an hour, some hours before the present one. */
const thisHour = Math.floor(Date.now() / hour) * hour;
const hoursAgo = (hours: number) => new Date(thisHour - hours * hour + 5 * 60_000).toISOString();
const startOf = (hours: number) => new Date(thisHour - hours * hour).toISOString();
const deletedKeyId = randomUUID();

beforeAll(async () => {
  control = await startTestControl();
  owner = await control.signUp();
  const path = `/workspaces/${owner.workspace_id}/api-keys`;
  const { data } = await control.call<{ items: { id: string }[] }>({ path, token: owner.token });
  keyId = data.items[0]?.id ?? "";
  // As if the workspace had been made three hours ago.
  await withDatabase(
    control.database.administratorUrl,
    ({ sql }) => sql`update workspaces set created_at = ${hoursAgo(3)} where id = ${owner.workspace_id}`,
  );
  const fixture = { workspace_id: owner.workspace_id, api_key_id: keyId, provider_key_id: randomUUID() };
  const records = (count: number, changes: Partial<RequestLogRecord>) =>
    Array.from({ length: count }, () => createLogRecord(fixture, changes));
  await control.writeLogs([
    ...records(4, { created_at: hoursAgo(3), duration_ms: 40 }),
    ...records(1, { created_at: hoursAgo(3), duration_ms: 4_000, status_code: 500 }),
    ...records(3, {
      created_at: hoursAgo(1),
      provider: "mistral",
      upstream_model: "small",
      cost_micros: null,
    }),
    ...records(2, { created_at: hoursAgo(1), provider: "anthropic", upstream_model: "small" }),
    ...records(1, { created_at: hoursAgo(1), provider: "google", api_key_id: deletedKeyId }),
  ]);
  const stranger = await control.signUp();
  await control.writeLogs([
    createLogRecord({ ...fixture, workspace_id: stranger.workspace_id }, { created_at: hoursAgo(1) }),
  ]);
});
afterAll(() => control[Symbol.asyncDispose]());

const series = (query: Record<string, string>) => {
  const parameters = new URLSearchParams({ from: startOf(4), to: startOf(-1), ...query });
  return control.call<UsageSeries>({
    path: `/workspaces/${owner.workspace_id}/usage/series?${parameters}`,
    token: owner.token,
  });
};

test("usage.series · a bucket for every hour, also before the workspace and without requests", async () => {
  const { data } = await series({ metric: "requests" });
  expect(data.buckets).toEqual([
    { start: startOf(4), state: "none" },
    { start: startOf(3), state: "complete" },
    { start: startOf(2), state: "complete" },
    { start: startOf(1), state: "complete" },
    // The hour may end while the test runs.
    { start: startOf(0), state: expect.stringMatching(/^(?:partial|complete)$/) },
  ]);
  expect(data.series).toEqual([
    expect.objectContaining({ kind: "total", total: 11, values: [null, 5, 0, 6, 0], unpriced_requests: 3 }),
  ]);
});

test("usage.series · errors, tokens by kind and cost", async () => {
  const valuesOf = async (metric: string) => (await series({ metric })).data.series[0]?.values;
  expect(await valuesOf("errors")).toEqual([null, 1, 0, 0, 0]);
  expect(await valuesOf("input_tokens")).toEqual([null, 50, 0, 60, 0]);
  expect(await valuesOf("cached_input_tokens")).toEqual([null, 20, 0, 24, 0]);
  expect(await valuesOf("output_tokens")).toEqual([null, 100, 0, 120, 0]);
  expect(await valuesOf("reasoning_tokens")).toEqual([null, 25, 0, 30, 0]);
  expect(await valuesOf("cost_usd")).toEqual([null, 0.0075, 0, 0.0045, 0]);
});

test("usage.series · percentiles of what was asked, and null where nothing was", async () => {
  const of = async (metric: string) => (await series({ metric })).data.series[0];
  expect((await of("latency_p50_ms"))?.values).toEqual([
    null,
    expect.closeTo(40.625, 3),
    null,
    expect.any(Number),
    null,
  ]);
  const slow = await of("latency_p99_ms");
  expect(slow?.values[1]).toBeGreaterThan(2_500);
  expect(slow?.total).toBeGreaterThan(2_500);
});

test("usage.series · the largest groups by themselves and the rest as other", async () => {
  const { data } = await series({ metric: "requests", group: "provider", top: "2" });
  expect(data.group_count).toBe(4);
  expect(data.series.map(({ kind, provider, total, values }) => [kind, provider, total, values])).toEqual([
    ["group", "openai", 5, [null, 5, 0, 0, 0]],
    ["group", "mistral", 3, [null, 0, 0, 3, 0]],
    ["other", null, 3, [null, 0, 0, 3, 0]],
  ]);
});

test("usage.series · a model is one of its provider", async () => {
  const { data } = await series({ metric: "requests", group: "model" });
  const small = data.series.filter(({ model }) => model === "small");
  expect(small.map(({ provider, total }) => [provider, total])).toEqual([
    ["mistral", 3],
    ["anthropic", 2],
  ]);
  expect(data.series.some(({ kind }) => kind === "other")).toBe(false);
});

test("usage.series · API keys by name, a deleted one without", async () => {
  const { data } = await series({ metric: "cost_usd", group: "api_key" });
  expect(data.series.map(({ api_key_id, name }) => [api_key_id, name])).toEqual([
    [keyId, "First key"],
    [deletedKeyId, null],
  ]);
});

test("usage.series · days in UTC", async () => {
  const { data } = await series({ metric: "requests", bucket: "day" });
  expect(data.buckets.every(({ start }) => start.endsWith("T00:00:00.000Z"))).toBe(true);
  const values = data.series[0]?.values ?? [];
  expect(values.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(11);
});

test("usage.series · one series of zeros when there was nothing", async () => {
  const { data } = await series({ metric: "requests", from: startOf(2), to: startOf(1) });
  expect(data.series).toEqual([expect.objectContaining({ kind: "total", total: 0, values: [0] })]);
  const latency = await series({ metric: "latency_p95_ms", from: startOf(2), to: startOf(1) });
  expect(latency.data.series[0]).toMatchObject({ total: null, values: [null] });
  const grouped = await series({ metric: "requests", group: "model", from: startOf(2), to: startOf(1) });
  expect(grouped.data.series).toEqual([]);
});

test("usage.series · 400 for too long a period", async () => {
  const answer = await series({ metric: "requests", from: "2020-01-01T00:00:00.000Z" });
  expect([answer.status, answer.error.code]).toEqual([400, "invalid_request"]);
});
