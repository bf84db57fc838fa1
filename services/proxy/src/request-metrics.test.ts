import type { AttemptOutcome, RequestLogRecord } from "@perpetuo/contracts/request-log";
import { aggregateMetrics, createRegistry } from "@perpetuo/runtime/metrics";
import { Counter, Histogram, type Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { recordOf } from "./request.test-fixture.ts";
import { collectRequestMetrics } from "./request-metrics.ts";
import { overheadBounds, RequestTally, secondsBounds } from "./request-tally.ts";

type Attempt = RequestLogRecord["attempts"][number];

const attemptOf = (provider: Attempt["provider"], outcome: AttemptOutcome): Attempt => ({
  provider,
  provider_key_id: "provider-key-1",
  upstream_model: "gpt",
  outcome,
  status: 200,
  error: null,
  input_tokens: 1,
  output_tokens: 2,
  cost_micros: 5,
  started_ms: 0,
  first_byte_ms: null,
  duration_ms: 1,
});

/** The same figures counted by the metrics library itself, one observation at a time. */
function libraryMetrics(records: readonly RequestLogRecord[], codes: readonly string[]): Registry {
  const registry = createRegistry();
  const counter = (name: string, labelNames: string[]) =>
    new Counter({ name, help: name, labelNames, registers: [registry] });
  const histogram = (name: string, buckets: readonly number[]) =>
    new Histogram({
      name,
      help: name,
      labelNames: ["provider"],
      buckets: [...buckets],
      registers: [registry],
    });
  const requests = counter("perpetuo_requests_total", ["endpoint", "status", "provider"]);
  const refusals = counter("perpetuo_refusals_total", ["code"]);
  const attempts = counter("perpetuo_attempts_total", ["provider", "outcome"]);
  const tokens = counter("gen_ai_client_token_usage_total", ["provider", "type"]);
  const cost = counter("perpetuo_cost_micros_total", ["provider"]);
  const duration = histogram("perpetuo_request_duration_seconds", secondsBounds);
  const firstByte = histogram("perpetuo_time_to_first_byte_seconds", secondsBounds);
  const overhead = histogram("perpetuo_overhead_seconds", overheadBounds);
  for (const code of codes) refusals.inc({ code });
  for (const record of records) {
    const provider = record.provider ?? "none";
    requests.inc({ endpoint: record.endpoint, status: String(record.status_code), provider });
    for (const attempt of record.attempts)
      attempts.inc({ provider: attempt.provider, outcome: attempt.outcome });
    tokens.inc({ provider, type: "input" }, record.input_tokens);
    tokens.inc({ provider, type: "output" }, record.output_tokens);
    if (record.cost_micros !== null) cost.inc({ provider }, record.cost_micros);
    duration.observe({ provider }, record.duration_ms / 1_000);
    if (record.time_to_first_byte_ms !== null)
      firstByte.observe({ provider }, record.time_to_first_byte_ms / 1_000);
    overhead.observe({ provider }, record.overhead_us / 1e6);
  }
  return registry;
}

function talliedMetrics(records: readonly RequestLogRecord[], codes: readonly string[]): Registry {
  const registry = createRegistry();
  const tally = new RequestTally();
  collectRequestMetrics(registry, tally);
  for (const code of codes) tally.refusals.add(code);
  for (const record of records) tally.add(record);
  return registry;
}

/** The samples over two threads, in any order; the help texts are not compared. */
async function samples(...registries: Registry[]): Promise<string[]> {
  const text = await aggregateMetrics(await Promise.all(registries.map((each) => each.getMetricsAsJSON())));
  return text
    .split("\n")
    .filter((line) => !line.startsWith("# HELP"))
    .sort();
}

const records: RequestLogRecord[] = [
  recordOf({ attempts: [attemptOf("mock", "ok")], duration_ms: 5, overhead_us: 50 }),
  recordOf({ attempts: [attemptOf("openai", "failed"), attemptOf("mock", "ok")], duration_ms: 5.001 }),
  recordOf({ provider: null, status_code: 429, time_to_first_byte_ms: null, cost_micros: null }),
  recordOf({
    provider: "openai",
    status_code: 499,
    cost_micros: null,
    duration_ms: 500_000,
    overhead_us: 9e6,
  }),
  recordOf({ endpoint: "/v1/embeddings", cost_micros: 0, input_tokens: 0, output_tokens: 0 }),
];

describe("collectRequestMetrics", () => {
  test("requests of two threads · the samples that the library itself would count", async () => {
    const split = [records.slice(0, 3), records.slice(3)] as const;
    const codes = ["invalid_api_key", "invalid_api_key", "none"];
    const tallied = await samples(talliedMetrics(split[0], codes), talliedMetrics(split[1], []));
    const counted = await samples(libraryMetrics(split[0], codes), libraryMetrics(split[1], []));
    expect(tallied).toEqual(counted);
    expect(tallied).toContain(
      'perpetuo_requests_total{endpoint="/v1/chat/completions",status="200",provider="mock"} 2',
    );
  });

  test("two scrapes · count nothing twice", async () => {
    const registry = talliedMetrics(records, ["none"]);
    expect(await samples(registry)).toEqual(await samples(registry));
  });

  test("no requests · the names alone", async () => {
    expect(await samples(talliedMetrics([], []))).toEqual(await samples(libraryMetrics([], [])));
  });
});
