import { randomUUID } from "node:crypto";
import type { LogDetail, LogItem, LogPage } from "@perpetuo/contracts/api/logs";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { createLogRecord } from "@perpetuo/database/test-fixtures";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Person, startTestControl, type TestControl } from "../test-control.ts";

let control: TestControl;
let owner: Person;

const apiKeyId = randomUUID();
const otherKeyId = randomUUID();
const providerKeyId = randomUUID();
const start = Date.parse("2026-03-01T10:00:00.000Z");
const minute = 60_000;

const record = (person: Person, changes: Partial<RequestLogRecord> = {}): RequestLogRecord =>
  createLogRecord(
    { workspace_id: person.workspace_id, api_key_id: apiKeyId, provider_key_id: providerKeyId },
    changes,
  );

/** One request a minute, each with something of its own to filter by. */
const variants: Partial<RequestLogRecord>[] = [
  { request_id: "req-plain" },
  {
    request_id: "req-mistral",
    provider: "mistral",
    requested_model: "small",
    upstream_model: "mistral-small",
  },
  { request_id: "req-key", api_key_id: otherKeyId },
  {
    request_id: "req-client",
    status_code: 404,
    error_code: "model_not_found",
    provider: null,
    upstream_model: null,
  },
  { request_id: "req-server", status_code: 502, error_code: "upstream_error", error_message: "50%_of\\it" },
  { request_id: "req-meta", metadata: { team: "blue", stage: "test" }, user: "Ada" },
  { request_id: "req-unpriced", cost_micros: null },
];

beforeAll(async () => {
  control = await startTestControl();
  owner = await control.signUp();
  await control.writeLogs(
    variants.map((changes, index) =>
      record(owner, { created_at: new Date(start + index * minute).toISOString(), ...changes }),
    ),
  );
  const stranger = await control.signUp();
  await control.writeLogs([record(stranger, { request_id: "req-foreign" })]);
});
afterAll(() => control[Symbol.asyncDispose]());

const call = <TData = LogPage>(query: string, person = owner) =>
  control.call<TData>({ path: `/workspaces/${person.workspace_id}/logs${query}`, token: person.token });
const list = async (query: string, person = owner) => {
  const { data, error } = await call(query, person);
  expect(error).toBeNull();
  return data;
};
const idsOf = ({ items }: { items: LogItem[] }) =>
  items.map(({ request_id }) => request_id.replace("req-", ""));

describe("logs.list", () => {
  test("logs.list · newest first, the caller's workspace only, with the total", async () => {
    const page = await list("");
    expect(idsOf(page)).toEqual(["unpriced", "meta", "server", "client", "key", "mistral", "plain"]);
    expect({ ...page, items: [] }).toEqual({
      items: [],
      total: 7,
      total_is_capped: false,
      page: 1,
      limit: 50,
      next_cursor: null,
    });
  });

  test("logs.list · an item has what the table shows, cost in dollars", async () => {
    const { items } = await list("?text=req-plain");
    expect(items[0]).toEqual({
      id: expect.any(String),
      request_id: "req-plain",
      api_key_id: apiKeyId,
      endpoint: "/v1/chat/completions",
      requested_model: "gpt-4",
      provider_used: "openai",
      model: "gpt-4",
      status_code: 200,
      error_code: null,
      streamed: true,
      input_tokens: 10,
      cached_input_tokens: 4,
      cache_write_tokens: 0,
      output_tokens: 20,
      reasoning_tokens: 5,
      usage_estimated: false,
      cost_usd: 0.0015,
      duration_ms: 120,
      time_to_first_byte_ms: 30,
      overhead_us: 250,
      attempt_count: 1,
      user: null,
      created_at: "2026-03-01T10:00:00.000Z",
    });
  });

  test.each([
    ["provider=mistral", ["mistral"]],
    ["model=mistral-small", ["mistral"]],
    ["model=small", ["mistral"]],
    [`api_key_id=${otherKeyId}`, ["key"]],
    ["status=success&limit=3", ["unpriced", "meta", "key"]],
    ["status=client_error", ["client"]],
    ["status=server_error", ["server"]],
    ["status_code=502", ["server"]],
    ["status=success&status_code=502", []],
    ["text=REQ-META", ["meta"]],
    ["text=ada", ["meta"]],
    ["text=50%25_of%5Cit", ["server"]],
    ["text=5%25_of", []],
    ["metadata_key=team&metadata_value=blue", ["meta"]],
    ["metadata_key=team&metadata_value=red", []],
    ["from=2026-03-01T10:05:00Z", ["unpriced", "meta"]],
    ["to=2026-03-01T10:01:00Z", ["plain"]],
    ["from=2026-03-01T10:01:00Z&to=2026-03-01T10:03:00Z", ["key", "mistral"]],
  ])("logs.list · filter %s", async (query, expected) => {
    const page = await list(`?${query}`);
    expect(idsOf(page)).toEqual(expected);
    if (!query.includes("limit")) expect(page.total).toBe(expected.length);
  });

  test("logs.list · pages and cursors walk over the same rows", async () => {
    const byPage = [await list("?limit=3"), await list("?limit=3&page=2"), await list("?limit=3&page=3")];
    const first = await list("?limit=3");
    const second = await list(`?limit=3&cursor=${first.next_cursor}`);
    const third = await list(`?limit=3&cursor=${second.next_cursor}`);
    expect([first, second, third].map(idsOf)).toEqual(byPage.map(idsOf));
    expect([second.page, second.total, third.next_cursor]).toEqual([null, 7, null]);
    expect((await list("?limit=3&page=4")).items).toEqual([]);
  });

  test("logs.list · a cursor parts rows of the same millisecond without loss or repetition", async () => {
    const person = await control.signUp();
    const created_at = new Date(start).toISOString();
    await control.writeLogs(Array.from({ length: 5 }, () => record(person, { created_at })));
    const first = await list("?limit=2", person);
    const second = await list(`?limit=2&cursor=${first.next_cursor}`, person);
    const third = await list(`?limit=2&cursor=${second.next_cursor}`, person);
    const ids = [first, second, third].flatMap(({ items }) => items.map(({ id }) => id));
    expect(new Set(ids).size).toBe(5);
    expect(ids).toHaveLength(5);
  });

  test("logs.list · the total stops at 10,000 and says so", async () => {
    const person = await control.signUp();
    await control.writeLogs(Array.from({ length: 10_001 }, () => record(person)));
    expect(await list("?limit=1", person)).toMatchObject({ total: 10_000, total_is_capped: true });
    expect(await list("?limit=100&page=100", person)).toMatchObject({ page: 100 });
    expect((await call("?limit=100&page=101", person)).error.message).toMatch(/Go on with cursor/);
  });

  test.each([
    "page=0",
    "page=1.5",
    "page=one",
    "limit=201",
    "limit=",
    "provider=nobody",
    "status=true",
    "from=yesterday",
    "cursor=x",
    "cursor=MTc_MQ",
    "page=1&cursor=x",
    "metadata_key=team",
    "page=1&page=2",
    "unknown=1",
    "workspace_id=0198c0de-0000-7000-8000-000000000000",
  ])("logs.list · 400 for %s", async (query) => {
    const { status, error } = await call(`?${query}`);
    expect([status, error.code]).toEqual([400, "invalid_request"]);
  });
});

describe("logs.get", () => {
  test("logs.get · the request with its attempts and plan", async () => {
    const { items } = await list("?text=req-meta");
    const { data: detail } = await call<LogDetail>(`/${items[0]?.id}`);
    expect(detail).toMatchObject({
      ...items[0],
      metadata: { team: "blue", stage: "test" },
      config_version: 3,
      route_id: null,
      provider_key_id: providerKeyId,
      upstream_model: "gpt-4",
      error_message: null,
      plan: [],
    });
    expect(detail.attempts).toEqual([
      expect.objectContaining({ outcome: "ok", provider_key_id: providerKeyId }),
    ]);
  });

  test("logs.get · 404 for an unknown id and for another workspace's", async () => {
    const stranger = await control.signUp();
    const { items } = await list("?text=req-meta");
    expect((await call(`/${items[0]?.id}`, stranger)).status).toBe(404);
    expect((await call(`/${randomUUID()}`)).status).toBe(404);
  });
});
