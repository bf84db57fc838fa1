import type { RouterInputs } from "@perpetuo/client/hooks";
import { parseAsStringLiteral, useQueryStates } from "nuqs";
import { formatCompact, formatDollars, formatMilliseconds } from "../../library/format.ts";
import type { Period } from "../../library/time-range.ts";

type SeriesInput = RouterInputs["usage"]["series"];
export type Metric = SeriesInput["metric"];
export type Group = NonNullable<SeriesInput["group"]>;

export const metrics = [
  "cost_usd",
  "requests",
  "errors",
  "aborted",
  "input_tokens",
  "cached_input_tokens",
  "cache_write_tokens",
  "output_tokens",
  "reasoning_tokens",
  "latency_p50_ms",
  "latency_p95_ms",
  "latency_p99_ms",
] as const satisfies readonly Metric[];

export const groups = ["provider", "model", "api_key", "none"] as const satisfies readonly Group[];

export type UsageView = { metric: Metric; group: Group };

/** Figure and grouping, which live in the URL. */
export function useUsageView(): [UsageView, (change: Partial<UsageView>) => void] {
  const [view, setView] = useQueryStates(
    {
      metric: parseAsStringLiteral(metrics).withDefault("cost_usd"),
      group: parseAsStringLiteral(groups).withDefault("provider"),
    },
    { history: "replace" },
  );
  return [view, (change) => void setView(change)];
}

/** Percentiles do not add up, so they are lines and have no sum and no shares. */
export function isLatency(metric: Metric): boolean {
  return metric.startsWith("latency_");
}

export function formatMetric(metric: Metric, value: number): string {
  if (metric === "cost_usd") return formatDollars(value);
  return isLatency(metric) ? formatMilliseconds(value) : formatCompact(value);
}

/** Where the browser fetches the figures of a period from; its session's cookie goes along. */
export function exportPath(workspaceId: string, { bucket, from }: Period, format: "csv" | "json"): string {
  return `/workspaces/${workspaceId}/usage/export?${new URLSearchParams({ bucket, from, format })}`;
}
