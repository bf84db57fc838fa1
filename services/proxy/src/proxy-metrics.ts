import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import { collectRuntimeMetrics, createRegistry } from "@perpetuo/runtime/metrics";
import { Counter, Gauge, type Registry } from "prom-client";
import type { KeyCache } from "./key-cache.ts";
import type { Receipt, Verdict } from "./receipt.ts";
import { collectRequestMetrics } from "./request-metrics.ts";
import { RequestTally } from "./request-tally.ts";

/** A thread's own metrics. Labels are free of tenants' data: no workspace, key or model name that a client can invent. */
export type ProxyMetrics = {
  registry: Registry;
  observe(outcome: { record: RequestLogRecord | null; verdict: Verdict; receipt: Receipt }): void;
};

type Sources = { keys: KeyCache; spool: { readonly lostRecords: number }; inFlight: () => number };

export function createProxyMetrics(sources: Sources): ProxyMetrics {
  const registry = createRegistry();
  collectRuntimeMetrics(registry, { process: "proxy" });
  collectSources(registry, sources);
  const tally = new RequestTally();
  collectRequestMetrics(registry, tally);
  return {
    registry,
    observe({ record, verdict }) {
      if (record === null) tally.refusals.add(verdict.errorCode ?? "none");
      else tally.add(record);
    },
  };
}

function collectSources(registry: Registry, { keys, spool, inFlight }: Sources): void {
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
    name: "perpetuo_log_rows_lost_total",
    help: "Requests whose log row the disk has not taken, answered with 503; above 0 is an alarm.",
    registers,
    collect() {
      this.reset();
      this.inc(spool.lostRecords);
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
