import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { collectRuntimeMetrics, createRegistry } from "@perpetuo/runtime/metrics";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { KeyCache } from "./key-cache.ts";
import type { Receipt, Verdict } from "./receipt.ts";

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const overheadBuckets = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05];

/** A thread's own metrics. Labels are free of tenants' data: no workspace, key or model name that a client can invent. */
export type ProxyMetrics = {
  registry: Registry;
  observe(outcome: { record: RequestLogRecord | null; verdict: Verdict; receipt: Receipt }): void;
};

export function createProxyMetrics(sources: { keys: KeyCache; inFlight: () => number }): ProxyMetrics {
  const registry = createRegistry();
  collectRuntimeMetrics(registry, { process: "proxy" });
  collectSources(registry, sources);
  const registers = [registry];
  const requests = new Counter({
    name: "perpetuo_requests_total",
    help: "Requests that ended, by endpoint, status and provider.",
    labelNames: ["endpoint", "status", "provider"] as const,
    registers,
  });
  const refusals = new Counter({
    name: "perpetuo_refusals_total",
    help: "Requests refused before a caller was known, by error code. They have no row in the request log.",
    labelNames: ["code"] as const,
    registers,
  });
  const attempts = new Counter({
    name: "perpetuo_attempts_total",
    help: "Calls to upstreams, by provider and outcome.",
    labelNames: ["provider", "outcome"] as const,
    registers,
  });
  const tokens = new Counter({
    name: "gen_ai_client_token_usage_total",
    help: "Tokens of finished requests, by provider and type.",
    labelNames: ["provider", "type"] as const,
    registers,
  });
  const cost = new Counter({
    name: "perpetuo_cost_micros_total",
    help: "Cost of finished requests with a known price, in micro-dollars.",
    labelNames: ["provider"] as const,
    registers,
  });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, buckets, labelNames: ["provider"] as const, registers });
  const duration = histogram("perpetuo_request_duration_seconds", "From head to last byte.", secondsBuckets);
  const firstByte = histogram(
    "perpetuo_time_to_first_byte_seconds",
    "From head to the first byte sent.",
    secondsBuckets,
  );
  const overhead = histogram(
    "perpetuo_overhead_seconds",
    "The gateway's own share of a request.",
    overheadBuckets,
  );

  return {
    registry,
    observe({ record, verdict, receipt }) {
      if (record === null) {
        refusals.inc({ code: verdict.errorCode ?? "none" });
        return;
      }
      const provider = record.provider ?? "none";
      requests.inc({ endpoint: receipt.endpoint, status: String(verdict.status), provider });
      for (const attempt of record.attempts)
        attempts.inc({ provider: attempt.provider, outcome: attempt.outcome });
      tokens.inc({ provider, type: "input" }, record.input_tokens);
      tokens.inc({ provider, type: "output" }, record.output_tokens);
      if (record.cost_micros !== null) cost.inc({ provider }, record.cost_micros);
      duration.observe({ provider }, record.duration_ms / 1_000);
      if (record.time_to_first_byte_ms !== null)
        firstByte.observe({ provider }, record.time_to_first_byte_ms / 1_000);
      overhead.observe({ provider }, record.overhead_us / 1e6);
    },
  };
}

function collectSources(
  registry: Registry,
  { keys, inFlight }: { keys: KeyCache; inFlight: () => number },
): void {
  const registers = [registry];
  new Gauge({
    name: "perpetuo_requests_in_flight",
    help: "Requests between their head and their settlement.",
    registers,
    collect() {
      this.set(inFlight());
    },
  });
  new Counter({
    name: "perpetuo_key_lookups_total",
    help: "Look-ups of API keys, by where the answer came from.",
    labelNames: ["outcome"] as const,
    registers,
    collect() {
      this.reset();
      const { hits, misses, stale } = keys.counts;
      this.inc({ outcome: "hit" }, hits);
      this.inc({ outcome: "miss" }, misses);
      this.inc({ outcome: "stale" }, stale);
    },
  });
}
