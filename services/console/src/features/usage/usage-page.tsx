import { Download } from "lucide-react";
import { NuqsAdapter } from "nuqs/adapters/react-router/v8";
import { ChartCard } from "../../components/charts/chart-card.tsx";
import { Page } from "../../components/layout/page.tsx";
import { PageHeader } from "../../components/layout/page-header.tsx";
import { TimeRangeSelect } from "../../components/time-range-select.tsx";
import { Button } from "../../components/ui/button.tsx";
import { FailureState } from "../../components/ui/failure.tsx";
import { Menu, MenuItem } from "../../components/ui/menu.tsx";
import { Select } from "../../components/ui/select.tsx";
import { type Period, useTimeRange } from "../../library/time-range.ts";
import { messages } from "../../messages/messages.ts";
import { groupLayers } from "../overview/series-chart.ts";
import { type UsageSeries, usePeriod, useSeries } from "../overview/use-series.ts";
import { useWorkspace } from "../workspaces/session.ts";
import { GroupTable } from "./group-table.tsx";
import {
  exportPath,
  formatMetric,
  groups,
  isLatency,
  metrics,
  type UsageView,
  useUsageView,
} from "./usage-view.ts";

const text = messages.usage;
/** As many groups as the palette has colours; the rest is "Other". */
const shownGroups = 6;

/** The state of the page is in the URL, through the adapter of the router. */
export function UsagePage() {
  return (
    <NuqsAdapter>
      <Usage />
    </NuqsAdapter>
  );
}

function Usage() {
  const workspace = useWorkspace();
  const [range, setRange] = useTimeRange();
  const [view, change] = useUsageView();
  const period = usePeriod(range);
  const series = useSeries(workspace.id, period, { ...view, top: shownGroups });
  return (
    <Page>
      <PageHeader
        title={text.title}
        description={text.description}
        actions={
          <>
            <ExportMenu workspaceId={workspace.id} period={period} />
            <TimeRangeSelect value={range} onChange={setRange} />
          </>
        }
      />
      <ViewBar view={view} onChange={change} />
      {series.error !== null && series.data === undefined ? (
        <div className="grid place-items-center">
          <FailureState error={series.error} onRetry={() => void series.refetch()} />
        </div>
      ) : (
        <>
          <ChartCard
            title={text.metrics[view.metric]}
            total={totalText(series.data)}
            {...noteOf(series.data)}
            chart={chartOf(series.data)}
            height={280}
          />
          {series.data !== undefined && view.group !== "none" && <GroupTable series={series.data} />}
        </>
      )}
    </Page>
  );
}

function ViewBar({ view, onChange }: { view: UsageView; onChange: (change: Partial<UsageView>) => void }) {
  return (
    <search aria-label={text.controls} className="flex flex-wrap gap-2">
      <Select
        label={text.metric}
        size="small"
        value={view.metric}
        options={metrics.map((value) => ({ value, label: text.metrics[value] }))}
        onChange={(metric) => onChange({ metric })}
      />
      <Select
        label={text.group}
        size="small"
        value={view.group}
        options={groups.map((value) => ({ value, label: text.groups[value] }))}
        onChange={(group) => onChange({ group })}
      />
    </search>
  );
}

/** Plain links, so that the browser writes the file as it comes and no page holds it. */
function ExportMenu({ workspaceId, period }: { workspaceId: string; period: Period }) {
  return (
    <Menu
      align="end"
      trigger={
        <Button>
          <Download aria-hidden="true" />
          {text.export}
        </Button>
      }
    >
      {(["csv", "json"] as const).map((format) => (
        <MenuItem key={format} render={<a href={exportPath(workspaceId, period, format)} download />}>
          {format === "csv" ? text.exportCsv : text.exportJson}
        </MenuItem>
      ))}
    </Menu>
  );
}

function chartOf(series: UsageSeries | undefined) {
  if (series === undefined) return null;
  const { metric, bucket, buckets } = series;
  return {
    kind: isLatency(metric) ? ("lines" as const) : ("bars" as const),
    bucket,
    buckets,
    series: groupLayers(series),
    format: (value: number) => formatMetric(metric, value),
  };
}

/** The sum over all groups; percentiles have none but without groups. */
function totalText(series: UsageSeries | undefined): string {
  if (series === undefined) return "";
  const { metric, series: items } = series;
  if (!isLatency(metric))
    return formatMetric(
      metric,
      items.reduce((sum, item) => sum + (item.total ?? 0), 0),
    );
  const only = items.length === 1 ? (items[0]?.total ?? null) : null;
  return only === null ? messages.common.none : formatMetric(metric, only);
}

function noteOf(series: UsageSeries | undefined): { note?: string } {
  if (series === undefined || series.metric !== "cost_usd") return {};
  const unpriced = series.series.reduce((sum, item) => sum + item.unpriced_requests, 0);
  return unpriced > 0 ? { note: messages.overview.tiles.unpriced(unpriced) } : {};
}
