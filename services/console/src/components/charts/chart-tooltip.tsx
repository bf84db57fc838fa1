import { messages } from "../../messages/messages.ts";
import type { ChartBucket, ChartSeries } from "./chart-data.ts";
import { SeriesSwatch } from "./series-swatch.tsx";

type ChartTooltipProps = {
  title: string;
  state: ChartBucket["state"];
  series: readonly ChartSeries[];
  index: number;
  format: (value: number) => string;
};

const text = messages.common.chart;

/** The values of one bucket, the topmost layer first. */
export function ChartTooltip({ title, state, series, index, format }: ChartTooltipProps) {
  return (
    <div className="rounded-md bg-raised px-2.5 py-2 text-xs shadow-overlay">
      <p className="font-medium">
        {title}
        {state === "partial" && <span className="font-normal text-muted"> · {text.partial}</span>}
      </p>
      {state === "none" ? (
        <p className="text-muted">{text.unrecorded}</p>
      ) : (
        <ul className="mt-1 flex flex-col gap-0.5">
          {series.toReversed().map(({ id, label, color, values }) => {
            const value = values[index] ?? null;
            return (
              <li key={id} className="flex items-center gap-2">
                <SeriesSwatch color={color} />
                <span className="max-w-48 truncate text-muted">{label}</span>
                <span className="ml-auto pl-4 tabular-nums">
                  {value === null ? messages.common.none : format(value)}
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}
