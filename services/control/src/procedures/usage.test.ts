import { randomUUID } from "node:crypto";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { createLogRecord } from "@perpetuo/database/test-fixtures";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Person, startTestControl, type TestControl } from "../test-control.ts";

let control: TestControl;
let owner: Person;
let keyId: string;

const deletedKeyId = randomUUID();
const day = 24 * 60 * 60 * 1000;
const daysAgo = (days: number) => new Date(Date.now() - days * day).toISOString();

beforeAll(async () => {
  control = await startTestControl();
  owner = await control.signUp();
  const path = `/workspaces/${owner.workspace_id}/api-keys`;
  const { data } = await control.call<{ items: { id: string }[] }>({ path, token: owner.token });
  keyId = data.items[0]?.id ?? "";
  const record = (changes: Partial<RequestLogRecord>) =>
    createLogRecord(
      { workspace_id: owner.workspace_id, api_key_id: keyId, provider_key_id: randomUUID() },
      changes,
    );
  await control.writeLogs([
    record({ created_at: daysAgo(0) }),
    record({
      created_at: daysAgo(0),
      provider: "mistral",
      upstream_model: "mistral-small",
      cost_micros: null,
    }),
    record({ created_at: daysAgo(1), status_code: 502, cost_micros: 0, input_tokens: 0, output_tokens: 0 }),
    record({ created_at: daysAgo(3), api_key_id: deletedKeyId, status_code: 499 }),
    record({
      created_at: daysAgo(40),
      provider: null,
      upstream_model: null,
      status_code: 404,
      cost_micros: null,
      input_tokens: 0,
      output_tokens: 0,
    }),
  ]);
  await control.signUp();
});
afterAll(() => control[Symbol.asyncDispose]());

type Breakdown = { items: { provider?: string | null }[] };

const call = (path: string, person = owner) =>
  control.call<Breakdown>({ path: `/workspaces/${person.workspace_id}/usage${path}`, token: person.token });

describe("usage.summary", () => {
  test("usage.summary · lifetime totals", async () => {
    expect((await call("")).data).toEqual({
      total_requests: 5,
      total_errors: 2,
      total_aborted: 1,
      total_input_tokens: 30,
      total_output_tokens: 60,
      total_cost_usd: 0.003,
      unpriced_requests: 1,
    });
  });

  test("usage.summary · the last days, today included", async () => {
    expect((await call("?days=1")).data).toMatchObject({ total_requests: 2, total_cost_usd: 0.0015 });
    expect((await call("?days=2")).data).toMatchObject({ total_requests: 3, total_errors: 1 });
    expect((await call("?days=366")).data).toEqual((await call("")).data);
  });

  test("usage.summary · zeros for a workspace without requests", async () => {
    const person = await control.signUp();
    for (const query of ["", "?days=7"]) {
      expect((await call(query, person)).data).toMatchObject({ total_requests: 0, total_cost_usd: 0 });
    }
  });

  test.each(["days=0", "days=367", "days=week", "days=1.5", "provider=openai"])(
    "usage.summary · 400 for %s",
    async (query) => {
      expect((await call(`?${query}`)).status).toBe(400);
    },
  );
});

describe("usage breakdowns", () => {
  test("usage.byProvider · busiest first, seven days unless said", async () => {
    const { data } = await call("/by-provider");
    expect(data).toMatchObject({
      days: 7,
      items: [
        {
          provider: "openai",
          requests: 3,
          errors: 1,
          aborted: 1,
          input_tokens: 20,
          output_tokens: 40,
          cost_usd: 0.003,
        },
        { provider: "mistral", requests: 1, cost_usd: 0, unpriced_requests: 1 },
      ],
    });
    const { data: older } = await call("/by-provider?days=60");
    expect(older.items.map(({ provider }) => provider)).toContain(null);
  });

  test("usage.byModel · by provider and model", async () => {
    const { data } = await call("/by-model?days=60");
    expect(data.items).toMatchObject([
      { provider: "openai", model: "gpt-4", requests: 3 },
      { provider: null, model: "gpt-4", requests: 1 },
      { provider: "mistral", model: "mistral-small", requests: 1 },
    ]);
  });

  test("usage.byKey · names the keys that there are", async () => {
    const { data } = await call("/by-key");
    expect(data.items).toMatchObject([
      { api_key_id: keyId, name: "First key", prefix: owner.api_key.slice(0, 11), requests: 3 },
      { api_key_id: deletedKeyId, name: null, prefix: null, requests: 1 },
    ]);
  });
});
