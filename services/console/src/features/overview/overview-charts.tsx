import { ChartCard } from "../../components/charts/chart-card.tsx";
import type { ChartSeries } from "../../components/charts/chart-data.ts";
import { errorColor, otherColor, seriesColor } from "../../components/charts/series-colors.ts";
import { formatCompact, formatCount, formatDollars, formatMilliseconds } from "../../library/format.ts";
import { messages } from "../../messages/messages.ts";
import type { OverviewPlace } from "./overview-tiles.tsx";
import { groupLayers, totalOf, valuesOf, without } from "./series-chart.ts";
import { type UsageSeries, useSeries } from "./use-series.ts";

const text = messages.overview.charts;

/** Requests by how they ended. */
export function RequestsChart({ workspaceId, period }: OverviewPlace) {
  const requests = useSeries(workspaceId, period, { metric: "requests" }).data;
  const errors = useSeries(workspaceId, period, { metric: "errors" }).data;
  const aborted = useSeries(workspaceId, period, { metric: "aborted" }).data;
  const layers =
    requests === undefined || errors === undefined || aborted === undefined
      ? null
      : [
          layer(
            "ok",
            text.succeeded,
            seriesColor(0),
            without(valuesOf(requests), valuesOf(errors), valuesOf(aborted)),
          ),
          layer("aborted", text.aborted, otherColor, valuesOf(aborted)),
          layer("errors", text.failed, errorColor, valuesOf(errors)),
        ];
  return (
    <ChartCard
      title={text.requests}
      total={formatCount(totalOf(requests) ?? 0)}
      chart={chartOf(requests, layers, { kind: "bars", format: formatCompact })}
    />
  );
}

/** How long answers took, the whole of each. */
export function LatencyChart({ workspaceId, period }: OverviewPlace) {
  const median = useSeries(workspaceId, period, { metric: "latency_p50_ms" }).data;
  const slow = useSeries(workspaceId, period, { metric: "latency_p95_ms" }).data;
  const slowest = useSeries(workspaceId, period, { metric: "latency_p99_ms" }).data;
  const layers =
    median === undefined || slow === undefined || slowest === undefined
      ? null
      : [
          layer("p50", "p50", seriesColor(0), valuesOf(median)),
          layer("p95", "p95", seriesColor(1), valuesOf(slow)),
          layer("p99", "p99", seriesColor(2), valuesOf(slowest)),
        ];
  return (
    <ChartCard
      title={text.latency}
      total={formatMilliseconds(totalOf(median))}
      note={text.latencyNote}
      chart={chartOf(median, layers, { kind: "lines", format: formatMilliseconds })}
    />
  );
}

/** What the providers billed, by provider. */
export function SpendChart({ workspaceId, period }: OverviewPlace) {
  const spend = useSeries(workspaceId, period, { metric: "cost_usd", group: "provider" }).data;
  const total = spend?.series.reduce((sum, item) => sum + (item.total ?? 0), 0) ?? 0;
  const unpriced = spend?.series.reduce((sum, item) => sum + item.unpriced_requests, 0) ?? 0;
  return (
    <ChartCard
      title={text.spend}
      total={formatDollars(total)}
      {...(unpriced > 0 && { note: messages.overview.tiles.unpriced(unpriced) })}
      chart={chartOf(spend, spend === undefined ? null : groupLayers(spend), {
        kind: "bars",
        format: formatDollars,
      })}
    />
  );
}

/** Tokens read and written; those from a provider's cache apart. */
export function TokensChart({ workspaceId, period }: OverviewPlace) {
  const input = useSeries(workspaceId, period, { metric: "input_tokens" }).data;
  const cached = useSeries(workspaceId, period, { metric: "cached_input_tokens" }).data;
  const output = useSeries(workspaceId, period, { metric: "output_tokens" }).data;
  const layers =
    input === undefined || cached === undefined || output === undefined
      ? null
      : [
          layer("cached", text.cached, otherColor, valuesOf(cached)),
          layer("input", text.input, seriesColor(0), without(valuesOf(input), valuesOf(cached))),
          layer("output", text.output, seriesColor(1), valuesOf(output)),
        ];
  return (
    <ChartCard
      title={text.tokens}
      total={formatCompact((totalOf(input) ?? 0) + (totalOf(output) ?? 0))}
      chart={chartOf(input, layers, { kind: "bars", format: formatCompact })}
    />
  );
}

function layer(...[id, label, color, values]: [string, string, string, (number | null)[]]): ChartSeries {
  return { id, label, color, values };
}

/** What the card draws; null while an answer is missing. */
function chartOf(
  series: UsageSeries | undefined,
  layers: ChartSeries[] | null,
  look: { kind: "bars" | "lines"; format: (value: number) => string },
) {
  if (series === undefined || layers === null) return null;
  return { ...look, bucket: series.bucket, buckets: series.buckets, series: layers };
}
