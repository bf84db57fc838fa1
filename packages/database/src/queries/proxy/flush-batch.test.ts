import { randomBytes, randomUUID } from "node:crypto";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Database, openDatabase } from "../../connection.ts";
import { isDataError } from "../../data-error.ts";
import { latencyBucketBoundsMs } from "../../latency-histogram.ts";
import { createTestDatabase, type TestDatabase } from "../../test-database.ts";
import { createAttempt, createLogRecord } from "../../test-fixtures.ts";
import { flushBatch } from "./flush-batch.ts";

let testDatabase: TestDatabase;
let proxy: Database;
/** The superuser, who sees what every workspace has. */
let administrator: Database;
/** A fresh workspace for each test. */
let workspaceId: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  proxy = openDatabase(testDatabase.proxyUrl, { max: 2, applicationName: "test-proxy" });
  administrator = openDatabase(testDatabase.administratorUrl, { max: 2, applicationName: "test" });
});

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await administrator[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

beforeEach(() => {
  workspaceId = randomUUID();
});

const apiKeyId = randomUUID();
const providerKeyId = randomUUID();
const fixture = () => ({ workspace_id: workspaceId, api_key_id: apiKeyId, provider_key_id: providerKeyId });
const record = (changes?: Partial<RequestLogRecord>) => createLogRecord(fixture(), changes);
const attempt = (changes?: Partial<RequestLogRecord["attempts"][number]>) =>
  createAttempt(fixture(), changes);

const batch = (records: RequestLogRecord[], batch_id: string = randomUUID()) => ({
  batch_id,
  proxy_id: "proxy-1",
  records,
});

const rowsOf = (table: string) =>
  administrator.sql.unsafe(`select * from ${table} where workspace_id = '${workspaceId}'`);

test("flushBatch · writes every field of a record", async () => {
  const written = record({
    metadata: { team: "blue" },
    user: "user-1",
    error_message: "tab\tline\nreturn\rbackslash\\N",
    time_to_first_byte_ms: null,
    cache_write_tokens: 3,
    cache_write_1h_tokens: 2,
    input_audio_tokens: 1,
    output_audio_tokens: 7,
  });
  expect(await flushBatch(proxy, batch([written]))).toEqual({ kind: "committed", rows: 1 });
  const [row] = await administrator.sql<{ log: RequestLogRecord }[]>`
    select to_jsonb(request_logs) - 'recorded_at' as log from request_logs where workspace_id = ${workspaceId}`;
  expect(row?.log).toEqual({ ...written, created_at: "2026-03-01T10:20:30.456+00:00" });
});

test("flushBatch · answers already-committed and changes nothing when a batch is repeated", async () => {
  const repeated = batch([record(), record({ cache_write_tokens: 6 })]);
  await flushBatch(proxy, repeated);
  expect(await flushBatch(proxy, repeated)).toEqual({ kind: "already-committed" });
  // A kind of tokens that a record does not name has none.
  expect((await rowsOf("request_logs")).map((row) => row["cache_write_tokens"]).sort()).toEqual([0, 6]);
  const sums = { requests: 2, input_tokens: 20, cache_write_tokens: 6 };
  expect(await rowsOf("usage_counters")).toMatchObject([sums]);
  expect(await rowsOf("usage_hourly")).toMatchObject([sums]);
});

test("flushBatch · two flushes of one batch at once commit it once", async () => {
  const repeated = batch(Array.from({ length: 50 }, () => record()));
  const outcomes = await Promise.all([flushBatch(proxy, repeated), flushBatch(proxy, repeated)]);
  expect(outcomes.map((outcome) => outcome.kind).sort()).toEqual(["already-committed", "committed"]);
  expect(await rowsOf("usage_counters")).toMatchObject([{ requests: 50 }]);
});

test("flushBatch · counts a record once that comes in two batches, or twice in one", async () => {
  const [first, second] = [record(), record()];
  await flushBatch(proxy, batch([first, first]));
  expect(await flushBatch(proxy, batch([first, second]))).toEqual({ kind: "committed", rows: 1 });
  expect(await rowsOf("request_logs")).toHaveLength(2);
  expect(await rowsOf("usage_counters")).toMatchObject([{ requests: 2, cost_micros: 3000 }]);
  expect(await rowsOf("usage_hourly")).toMatchObject([{ requests: 2 }]);
  expect(await rowsOf("api_key_usage")).toMatchObject([{ requests: 2 }]);
});

test("flushBatch · keeps the identity in `id`, not in the client's request id", async () => {
  await flushBatch(proxy, batch([record({ request_id: "same" }), record({ request_id: "same" })]));
  expect(await rowsOf("request_logs")).toHaveLength(2);
});

test("flushBatch · sums usage, errors, aborts and unknown prices", async () => {
  await flushBatch(
    proxy,
    batch([
      record(),
      record({ status_code: 500, cost_micros: 0, input_tokens: 0, output_tokens: 0 }),
      record({ status_code: 499 }),
      record({ cost_micros: null }),
    ]),
  );
  expect(await rowsOf("usage_counters")).toMatchObject([
    { requests: 4, errors: 1, aborted: 1, input_tokens: 30, cost_micros: 3000, unpriced_requests: 1 },
  ]);
});

test("flushBatch · keeps hours, providers and models apart and adds up latency buckets", async () => {
  const slowest = latencyBucketBoundsMs.at(-1) ?? 0;
  await flushBatch(
    proxy,
    batch([
      record({ duration_ms: 5 }),
      record({ duration_ms: 6 }),
      record({ duration_ms: slowest + 1 }),
      record({ created_at: "2026-03-01T11:00:00.000Z", upstream_model: null, provider: null }),
    ]),
  );
  await flushBatch(proxy, batch([record({ duration_ms: 0 })]));
  const rows = await administrator.sql`
    select hour at time zone 'UTC' as hour, provider, model, requests, to_jsonb(latency_histogram) as latency_histogram
    from usage_hourly where workspace_id = ${workspaceId} order by hour`;
  const buckets = Array.from({ length: latencyBucketBoundsMs.length + 1 }, () => 0);
  expect(rows).toEqual([
    {
      hour: "2026-03-01 10:00:00",
      provider: "openai",
      model: "gpt-4",
      requests: 4,
      latency_histogram: buckets.with(0, 2).with(1, 1).with(-1, 1),
    },
    {
      hour: "2026-03-01 11:00:00",
      provider: "",
      model: "gpt-4",
      requests: 1,
      latency_histogram: buckets.with(5, 0).with(latencyBucketBoundsMs.indexOf(250), 1),
    },
  ]);
});

test("flushBatch · stores amounts beyond 32 bits without loss", async () => {
  await flushBatch(proxy, batch([record({ cost_micros: 5_000_000_001, input_tokens: 4_294_967_297 })]));
  expect(await rowsOf("usage_counters")).toMatchObject([
    { cost_micros: 5_000_000_001, input_tokens: 4_294_967_297 },
  ]);
});

test("flushBatch · makes text storable that PostgreSQL refuses", async () => {
  await flushBatch(
    proxy,
    batch([
      record({
        error_message: "nul\0 lone\ud800 pair😀",
        metadata: { "key\0": "value\udfff" },
        attempts: [attempt({ error: "nul\0" })],
      }),
    ]),
  );
  expect(await rowsOf("request_logs")).toMatchObject([{ error_message: "nul\ufffd lone\ufffd pair😀" }]);
  expect(await rowsOf("request_log_metadata")).toMatchObject([{ key: "key\ufffd", value: "value\ufffd" }]);
});

test("flushBatch · cuts texts that no index could hold, without splitting a character", async () => {
  // Random text, because PostgreSQL compresses what repeats before it finds an index row too large.
  const long = `${"x".repeat(511)}😀${randomBytes(20_000).toString("base64")}`;
  await flushBatch(
    proxy,
    batch([record({ requested_model: long, user: long, request_id: long, metadata: { key: long } })]),
  );
  expect(await rowsOf("request_logs")).toMatchObject([{ requested_model: `${"x".repeat(511)}\ufffd` }]);
});

test("flushBatch · leaves a batch with a bad record unwritten and blames the data", async () => {
  const bad = [
    record({ id: "not-a-uuid" }),
    record({ created_at: "yesterday-ish" }),
    record({ input_tokens: Number.NaN }),
    record({ duration_ms: 2 ** 40 }),
    record({ attempts: [attempt({ provider_key_id: "nonsense" })] }),
    { ...record(), endpoint: undefined } as unknown as RequestLogRecord,
    null as unknown as RequestLogRecord,
    { ...record(), streamed: Symbol("yes") } as unknown as RequestLogRecord,
  ];
  for (const poison of bad) {
    const error = await flushBatch(proxy, batch([record(), poison])).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(isDataError(error)).toBe(true);
  }
  expect(await rowsOf("request_logs")).toHaveLength(0);
  expect(await rowsOf("usage_counters")).toHaveLength(0);
  expect(await flushBatch(proxy, batch([record()]))).toEqual({ kind: "committed", rows: 1 });
});

test("flushBatch · a refused batch can come again under the same id", async () => {
  const id = randomUUID();
  await expect(flushBatch(proxy, batch([record({ id: "bad" })], id))).rejects.toThrow();
  expect(await flushBatch(proxy, batch([record()], id))).toEqual({ kind: "committed", rows: 1 });
});

test("flushBatch · accepts an empty batch", async () => {
  expect(await flushBatch(proxy, batch([]))).toEqual({ kind: "committed", rows: 0 });
});

test("flushBatch · fails, not blaming the data, when its connection dies under it", async () => {
  const locks = openDatabase(testDatabase.administratorUrl, { max: 1, applicationName: "test-locks" });
  const released = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const holder = locks.sql.begin(async (transaction) => {
    await transaction`lock table usage_counters in access exclusive mode`;
    locked.resolve();
    await released.promise;
  });
  await locked.promise;
  const doomed = openDatabase(testDatabase.proxyUrl, { max: 1, applicationName: "test-doomed" });
  const repeated = batch([record()]);
  const flush = flushBatch(doomed, repeated).then(
    () => null,
    (reason: unknown) => reason,
  );
  await expect
    .poll(
      () => administrator.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'test-doomed' and datname = current_database() and wait_event_type = 'Lock'`,
    )
    .toHaveLength(1);
  const error = await flush;
  released.resolve();
  await holder;
  await locks[Symbol.asyncDispose]();
  expect(error).toBeInstanceOf(Error);
  expect(isDataError(error)).toBe(false);
  expect(await flushBatch(doomed, repeated)).toEqual({ kind: "committed", rows: 1 });
  await doomed[Symbol.asyncDispose]();
});

test("isDataError · does not blame the data for a database that is away", async () => {
  const away = openDatabase("postgres://nobody:x@127.0.0.1:1/none", { max: 1, applicationName: "test" });
  const error = await flushBatch(away, batch([record()])).catch((reason: unknown) => reason);
  await away[Symbol.asyncDispose]();
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
  expect(isDataError(error)).toBe(false);
});

test("flushBatch · marks a provider key failing at its first failure and healthy at the next success", async () => {
  const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 0, 0, second)).toISOString();
  const refused = attempt({
    outcome: "failed",
    status: 401,
    error: "Incorrect API key",
    started_ms: 0,
    duration_ms: 0,
  });
  const succeeded = attempt({ started_ms: 0, duration_ms: 0 });
  await flushBatch(proxy, batch([record({ created_at: at(1), attempts: [succeeded] })]));
  await flushBatch(
    proxy,
    batch([
      record({ created_at: at(3), attempts: [refused] }),
      record({ created_at: at(2), attempts: [refused] }),
      record({ created_at: at(4), attempts: [attempt({ outcome: "aborted", status: null })] }),
      record({ created_at: at(5), attempts: [attempt({ outcome: "refused", status: null })] }),
    ]),
  );
  const health = () =>
    administrator.sql`
      select last_outcome, last_status, last_error, extract(second from last_attempt_at)::int as last_attempt,
        extract(second from last_success_at)::int as last_success, extract(second from failing_since)::int as failing_since
      from provider_key_health where workspace_id = ${workspaceId}`;
  const failing = {
    last_outcome: "failing",
    last_status: 401,
    last_error: "Incorrect API key",
    last_attempt: 3,
    last_success: 1,
    failing_since: 2,
  };
  expect(await health()).toEqual([failing]);
  await flushBatch(proxy, batch([record({ created_at: at(0), attempts: [succeeded] })]));
  expect(await health()).toEqual([failing]);
  const badRequest = attempt({ outcome: "failed", status: 400, error: "no", started_ms: 0, duration_ms: 0 });
  await flushBatch(proxy, batch([record({ created_at: at(9), attempts: [badRequest] })]));
  expect(await health()).toMatchObject([{ last_outcome: "healthy", failing_since: null, last_error: null }]);
});

test("flushBatch · two proxies that flush the same keys at once do not deadlock", async () => {
  const workspaces = Array.from({ length: 20 }, () => randomUUID());
  const records = (order: string[]) => order.map((workspace_id) => record({ workspace_id }));
  const rounds = Array.from({ length: 10 }, () => [
    flushBatch(proxy, batch(records(workspaces))),
    flushBatch(proxy, batch(records(workspaces.toReversed()))),
  ]);
  const outcomes = await Promise.all(rounds.flat());
  expect(outcomes.every((outcome) => outcome.kind === "committed")).toBe(true);
});
