import { numberField, objectField, parseObject } from "../json-fields.ts";

/** A percentile or share as k6 took it, in milliseconds where it is a time. */
export type K6Trend = { p50: number; p95: number; p99: number; maximum: number };

export type K6Summary = {
  /** Requests whose answer k6 has read to its end, whatever its status. */
  requests: number;
  /** Requests without a whole answer: the connection broke, or k6 gave up. */
  cut: number;
  /** Iterations that were due and not begun, because k6 had no virtual user left. */
  dropped: number;
  /** By name of the metric. */
  trends: Record<string, K6Trend>;
  thresholds: { metric: string; rule: string; held: boolean }[];
};

/** Reads what the scripts' `handleSummary` writes: k6's own summary data. */
export function parseK6Summary(text: string): K6Summary {
  const metrics = objectField(parseObject(text, "The summary of k6"), "metrics");
  const read = (metric: string, value: string) => {
    const found = metrics[metric];
    if (typeof found !== "object" || found === null) return 0;
    return numberField(objectField(found as Record<string, unknown>, "values"), value);
  };
  const broken = read("broken_requests", "count");
  return {
    requests: read("http_reqs", "count"),
    cut: broken,
    dropped: read("dropped_iterations", "count"),
    trends: readTrends(metrics),
    thresholds: readThresholds(metrics),
  };
}

function readTrends(metrics: Record<string, unknown>): Record<string, K6Trend> {
  const found = Object.keys(metrics).flatMap((name) => {
    const metric = objectField(metrics, name);
    if (metric["type"] !== "trend") return [];
    const values = objectField(metric, "values");
    const trend: K6Trend = {
      p50: numberField(values, "med"),
      p95: numberField(values, "p(95)"),
      p99: numberField(values, "p(99)"),
      maximum: numberField(values, "max"),
    };
    return [[name, trend] as const];
  });
  return Object.fromEntries(found);
}

function readThresholds(metrics: Record<string, unknown>): K6Summary["thresholds"] {
  return Object.keys(metrics).flatMap((name) => {
    const thresholds = objectField(metrics, name)["thresholds"];
    if (thresholds === undefined) return [];
    return Object.entries(thresholds as Record<string, { ok?: boolean }>).map(([rule, { ok }]) => ({
      metric: name,
      rule,
      held: ok === true,
    }));
  });
}
