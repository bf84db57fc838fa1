import { SeriesSwatch } from "../../components/charts/series-swatch.tsx";
import { Cell, HeaderCell, Table, TableFrame } from "../../components/ui/table.tsx";
import { formatShare } from "../../library/format.ts";
import { messages } from "../../messages/messages.ts";
import { groupLayers } from "../overview/series-chart.ts";
import type { UsageSeries } from "../overview/use-series.ts";
import { formatMetric, isLatency } from "./usage-view.ts";

const text = messages.usage;

/** Each group's figure over the whole period, the largest first and "Other" last. */
export function GroupTable({ series }: { series: UsageSeries }) {
  const { metric, series: items, group_count } = series;
  const layers = groupLayers(series);
  const sum = items.reduce((total, item) => total + (item.total ?? 0), 0);
  const shown = items.filter(({ kind }) => kind === "group").length;
  if (items.length === 0) return <p className="text-sm text-muted">{text.empty}</p>;
  return (
    <div className="flex flex-col gap-2">
      <TableFrame>
        <Table label={text.metrics[metric]}>
          <thead>
            <tr>
              <HeaderCell>{text.columns.group}</HeaderCell>
              <HeaderCell className="text-right">{text.metrics[metric]}</HeaderCell>
              {!isLatency(metric) && (
                <HeaderCell className="w-24 text-right">{text.columns.share}</HeaderCell>
              )}
            </tr>
          </thead>
          <tbody>
            {layers.map(({ id, label, color }, index) => {
              const total = items[index]?.total ?? null;
              return (
                <tr key={id} className="border-t border-line">
                  <Cell className="max-w-40 sm:max-w-md">
                    <span className="flex items-center gap-2">
                      <SeriesSwatch color={color} />
                      <span className="truncate">{label}</span>
                    </span>
                  </Cell>
                  <Cell className="text-right tabular-nums">
                    {total === null ? messages.common.none : formatMetric(metric, total)}
                  </Cell>
                  {!isLatency(metric) && (
                    <Cell className="text-right text-muted tabular-nums">
                      {sum === 0 || total === null ? messages.common.none : formatShare(total / sum)}
                    </Cell>
                  )}
                </tr>
              );
            })}
          </tbody>
        </Table>
      </TableFrame>
      {group_count > shown && <p className="text-xs text-muted">{text.groupsShown(shown, group_count)}</p>}
    </div>
  );
}
