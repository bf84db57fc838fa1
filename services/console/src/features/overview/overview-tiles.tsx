import { Card } from "../../components/ui/card.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { formatCompact, formatDollars, formatMilliseconds, formatShare } from "../../library/format.ts";
import type { Period } from "../../library/time-range.ts";
import { messages } from "../../messages/messages.ts";
import { errorShare, totalOf } from "./series-chart.ts";
import { useSeries } from "./use-series.ts";

const text = messages.overview.tiles;

export type OverviewPlace = { workspaceId: string; period: Period };

/** The figures of the whole period, one beside the other. */
export function OverviewTiles({ workspaceId, period }: OverviewPlace) {
  const requests = useSeries(workspaceId, period, { metric: "requests" });
  const errors = useSeries(workspaceId, period, { metric: "errors" });
  const cost = useSeries(workspaceId, period, { metric: "cost_usd" });
  const input = useSeries(workspaceId, period, { metric: "input_tokens" });
  const output = useSeries(workspaceId, period, { metric: "output_tokens" });
  const median = useSeries(workspaceId, period, { metric: "latency_p50_ms" });
  const slow = useSeries(workspaceId, period, { metric: "latency_p95_ms" });
  const all = [requests, errors, cost, input, output, median, slow];
  const ready = all.every(({ data }) => data !== undefined);
  const share = errorShare(totalOf(requests.data), totalOf(errors.data));
  const tokens = (totalOf(input.data) ?? 0) + (totalOf(output.data) ?? 0);
  const unpriced = cost.data?.series[0]?.unpriced_requests ?? 0;
  const tiles = [
    { label: text.requests, value: formatCompact(totalOf(requests.data) ?? 0), note: null },
    { label: text.errors, value: share === null ? messages.common.none : formatShare(share), note: null },
    {
      label: text.spend,
      value: formatDollars(totalOf(cost.data) ?? 0),
      note: unpriced > 0 ? text.unpriced(unpriced) : null,
    },
    { label: text.tokens, value: formatCompact(tokens), note: null },
    { label: text.median, value: formatMilliseconds(totalOf(median.data)), note: null },
    { label: text.slow, value: formatMilliseconds(totalOf(slow.data)), note: null },
  ];
  return (
    <Card className="grid grid-cols-2 gap-px overflow-hidden bg-line sm:grid-cols-3 xl:grid-cols-6">
      {tiles.map(({ label, value, note }) => (
        <div key={label} className="bg-surface px-4 py-3.5">
          <p className="text-xs text-muted">{label}</p>
          {ready ? (
            <p className="mt-1 text-xl font-semibold tracking-tight tabular-nums">{value}</p>
          ) : (
            <Skeleton className="mt-2 h-5 w-16" />
          )}
          {ready && note !== null && <p className="mt-0.5 text-xs text-warning">{note}</p>}
        </div>
      ))}
    </Card>
  );
}
