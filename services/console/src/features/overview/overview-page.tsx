import { NuqsAdapter } from "nuqs/adapters/react-router/v8";
import { Page } from "../../components/layout/page.tsx";
import { PageHeader } from "../../components/layout/page-header.tsx";
import { TimeRangeSelect } from "../../components/time-range-select.tsx";
import { FailureState } from "../../components/ui/failure.tsx";
import { useTimeRange } from "../../library/time-range.ts";
import { messages } from "../../messages/messages.ts";
import { useWorkspace } from "../workspaces/session.ts";
import { LatencyChart, RequestsChart, SpendChart, TokensChart } from "./overview-charts.tsx";
import { OverviewTiles } from "./overview-tiles.tsx";
import { TopGroups } from "./top-groups.tsx";
import { usePeriod, useSeries } from "./use-series.ts";

const text = messages.overview;

/** The range is in the URL, through the adapter of the router. */
export function OverviewPage() {
  return (
    <NuqsAdapter>
      <Overview />
    </NuqsAdapter>
  );
}

function Overview() {
  const workspace = useWorkspace();
  const [range, setRange] = useTimeRange();
  const period = usePeriod(range);
  const requests = useSeries(workspace.id, period, { metric: "requests" });
  const place = { workspaceId: workspace.id, period };

  return (
    <Page>
      <PageHeader
        title={text.title}
        description={text.description}
        actions={<TimeRangeSelect value={range} onChange={setRange} />}
      />
      {requests.error !== null && requests.data === undefined ? (
        <div className="grid place-items-center">
          <FailureState error={requests.error} onRetry={() => void requests.refetch()} />
        </div>
      ) : (
        <>
          <OverviewTiles {...place} />
          <div className="grid gap-4 xl:grid-cols-2">
            <RequestsChart {...place} />
            <LatencyChart {...place} />
            <SpendChart {...place} />
            <TokensChart {...place} />
          </div>
          <div className="grid gap-4 xl:grid-cols-2">
            <TopGroups {...place} group="model" />
            <TopGroups {...place} group="api_key" />
          </div>
        </>
      )}
    </Page>
  );
}
