import { randomUUID } from "node:crypto";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { createLogRecord } from "@perpetuo/database/test-fixtures";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Person, startTestControl, type TestControl } from "../test-control.ts";

let control: TestControl;
let owner: Person;
let keyId: string;

beforeAll(async () => {
  control = await startTestControl();
});
afterAll(() => control[Symbol.asyncDispose]());

type Limited = { api_key_id: string | null; [field: string]: unknown };

async function signUp(): Promise<void> {
  owner = await control.signUp();
  const { data } = await call<{ items: { id: string }[] }>("GET", "/api-keys");
  keyId = data.items[0]?.id ?? "";
}

const call = <TData>(method: string, path: string, body?: unknown) =>
  control.call<TData>({
    method,
    path: `/workspaces/${owner.workspace_id}${path}`,
    token: owner.token,
    ...(body === undefined ? {} : { body }),
  });

const write = (changes: Partial<RequestLogRecord>) =>
  createLogRecord(
    { workspace_id: owner.workspace_id, api_key_id: keyId, provider_key_id: randomUUID() },
    changes,
  );

describe("quotas", () => {
  test("quotas.set · changes what it names, null lifts, and the other limits stay", async () => {
    await signUp();
    await call("PUT", `/api-keys/${keyId}`, { limits: { budget_daily_micros: 5, tokens_per_minute: 7 } });
    const set = await call<Limited>("PUT", "/quotas", {
      api_key_id: keyId,
      requests_per_minute: 60,
      tokens_per_minute: null,
    });
    expect(set.data).toMatchObject({
      api_key_id: keyId,
      requests_per_minute: 60,
      tokens_per_minute: null,
      concurrent_requests: null,
    });
    expect((await call("GET", `/quotas?api_key_id=${keyId}`)).data).toEqual(set.data);
    expect((await call("GET", `/budgets?api_key_id=${keyId}`)).data).toMatchObject({
      budget_daily_micros: 5,
    });
    expect((await call("GET", "/quotas")).data).toMatchObject({
      api_key_id: null,
      requests_per_minute: null,
    });
  });

  test("quotas.set · 20 changes at once keep each other's fields", async () => {
    await signUp();
    const names = ["requests_per_minute", "tokens_per_minute", "concurrent_requests"];
    const changes = Array.from({ length: 18 }, (_, index) => ({ [names[index % 3] ?? ""]: index + 1 }));
    const answers = await Promise.all([
      ...changes.map((change) => call("PUT", "/quotas", change)),
      call("PUT", "/budgets", { budget_daily_micros: 3 }),
      call("PUT", "/budgets", { budget_monthly_micros: 4 }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const { data } = await call<Limited>("GET", "/quotas");
    for (const name of names) expect(data[name]).toBeGreaterThan(0);
    expect((await call("GET", "/budgets")).data).toMatchObject({
      budget_daily_micros: 3,
      budget_monthly_micros: 4,
    });
  });

  test.each([0, -1, 1.5, "many", 1e16])("quotas.set · 400 for %s, naming the field", async (value) => {
    const answer = await call("PUT", "/quotas", { requests_per_minute: value });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer)).toContain("requests_per_minute");
  });

  test("quotas.status · the workspace's traffic of the last minute is that of its keys together", async () => {
    await signUp();
    await call("PUT", "/quotas", { api_key_id: keyId, requests_per_minute: 9 });
    const recent = { created_at: new Date().toISOString(), input_tokens: 2, output_tokens: 3 };
    const old = { ...recent, created_at: new Date(Date.now() - 120_000).toISOString() };
    await control.writeLogs([write(recent), write({ ...recent, api_key_id: randomUUID() }), write(old)]);
    const { data } = await call<{ items: Limited[] }>("GET", "/quotas/status");
    expect(data.items).toMatchObject([
      { api_key_id: null, requests_per_minute: null, requests_last_minute: 2, tokens_last_minute: 10 },
      { api_key_id: keyId, requests_per_minute: 9, requests_last_minute: 1, tokens_last_minute: 5 },
    ]);
  });
});

describe("budgets", () => {
  test("budgets.status · today and this month beside the limits, never less than nothing left", async () => {
    await signUp();
    await call("PUT", "/budgets", { api_key_id: keyId, budget_daily_micros: 10 });
    await call("PUT", "/budgets", { budget_monthly_micros: 100 });
    const now = new Date();
    const lastMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString();
    const today = now.toISOString();
    await control.writeLogs([
      write({ created_at: today, cost_micros: 12 }),
      write({ created_at: today, cost_micros: null }),
      write({ created_at: today, cost_micros: 30, api_key_id: randomUUID() }),
      write({ created_at: lastMonth, cost_micros: 1_000 }),
    ]);
    const { data } = await call<{ items: Limited[] }>("GET", "/budgets/status");
    const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1);
    const nextMonth = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1);
    const ends = { day: new Date(midnight).toISOString(), month: new Date(nextMonth).toISOString() };
    expect(data.items).toMatchObject([
      {
        api_key_id: null,
        day: { limit_micros: null, spent_micros: 42, remaining_micros: null, resets_at: ends.day },
        month: { limit_micros: 100, spent_micros: 42, remaining_micros: 58, resets_at: ends.month },
        unpriced_requests: 1,
      },
      {
        api_key_id: keyId,
        day: { limit_micros: 10, spent_micros: 12, remaining_micros: 0 },
        month: { limit_micros: null, spent_micros: 12 },
        unpriced_requests: 1,
      },
    ]);
  });

  test("budgets.status · a revoked key is gone from the list, its spending stays in the workspace's", async () => {
    await signUp();
    await control.writeLogs([write({ created_at: new Date().toISOString(), cost_micros: 8 })]);
    await call("POST", `/api-keys/${keyId}/revoke`);
    const { data } = await call<{ items: Limited[] }>("GET", "/budgets/status");
    expect(data.items).toMatchObject([{ api_key_id: null, day: { spent_micros: 8 } }]);
  });
});
