import { Card } from "../../components/ui/card.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { formatCount, formatShare } from "../../library/format.ts";
import { messages } from "../../messages/messages.ts";
import type { OverviewPlace } from "./overview-tiles.tsx";
import { groupId, groupLabel } from "./series-chart.ts";
import { useSeries } from "./use-series.ts";

const text = messages.overview.top;
const shown = 6;

/** The groups with the most requests. The rest is named as such, with how many there are. */
export function TopGroups({ workspaceId, period, group }: OverviewPlace & { group: "model" | "api_key" }) {
  const { data } = useSeries(workspaceId, period, { metric: "requests", group, top: shown });
  const sum = data?.series.reduce((total, item) => total + (item.total ?? 0), 0) ?? 0;
  return (
    <Card className="flex flex-col gap-3 p-4">
      <div className="flex items-baseline justify-between gap-3">
        <h2 className="text-sm font-medium text-muted">{text.titles[group]}</h2>
        {data !== undefined && data.group_count > shown && (
          <p className="text-xs text-faint">{text.shown(shown, data.group_count)}</p>
        )}
      </div>
      {data === undefined && <Skeleton className="h-32 w-full" />}
      {data?.series.length === 0 && <p className="text-sm text-muted">{text.empty}</p>}
      {data !== undefined && (
        <ol className="flex flex-col gap-1.5">
          {data.series.map((item) => (
            <li key={groupId(item)} className="relative flex items-center gap-3 px-2 py-1 text-sm">
              <span
                aria-hidden="true"
                className="absolute inset-y-0 left-0 rounded-sm bg-accent-soft"
                style={{ width: `${sum === 0 ? 0 : (100 * (item.total ?? 0)) / sum}%` }}
              />
              <span className="relative min-w-0 flex-1 truncate">{groupLabel(item, group)}</span>
              <span className="relative text-muted tabular-nums">{formatCount(item.total ?? 0)}</span>
              <span className="relative w-12 text-right text-faint tabular-nums">
                {sum === 0 ? messages.common.none : formatShare((item.total ?? 0) / sum)}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}
