import { ChartColumn, Table2 } from "lucide-react";
import { lazy, type ReactNode, Suspense, useId, useState } from "react";
import { messages } from "../../messages/messages.ts";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { ChartTable } from "./chart-table.tsx";
import { SeriesSwatch } from "./series-swatch.tsx";
import type { TimeChartProps } from "./time-chart.tsx";

/** The drawing library is large and comes with the first chart. */
const TimeChart = lazy(async () => {
  const { TimeChart: component } = await import("./time-chart.tsx");
  return { default: component };
});

const text = messages.common.chart;

type ChartCardProps = {
  title: string;
  /** The figure of the whole period. */
  total?: ReactNode;
  /** What a reader must know to read the figures, such as prices that are not known. */
  note?: ReactNode;
  /** Null while it is on its way. */
  chart: Omit<TimeChartProps, "height"> | null;
  height?: number;
};

/** A chart with its total and its legend. Every chart can be read as a table instead. */
export function ChartCard({ title, total, note, chart, height = 200 }: ChartCardProps) {
  const [asTable, setAsTable] = useState(false);
  const titleId = useId();
  return (
    <Card className="flex min-w-0 flex-col gap-3 p-4">
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 id={titleId} className="text-sm font-medium text-muted">
            {title}
          </h2>
          {total !== undefined && (
            <p className="text-xl font-semibold tracking-tight tabular-nums">{total}</p>
          )}
        </div>
        <Button
          variant="ghost"
          size="icon-small"
          aria-label={asTable ? text.showChart(title) : text.showTable(title)}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? <ChartColumn aria-hidden="true" /> : <Table2 aria-hidden="true" />}
        </Button>
      </div>
      <figure aria-labelledby={titleId} className="min-w-0">
        <ChartBody title={title} chart={chart} height={height} asTable={asTable} />
        {chart !== null && chart.series.length > 1 && <Legend series={chart.series} />}
      </figure>
      {note !== undefined && <p className="text-xs text-muted">{note}</p>}
    </Card>
  );
}

type ChartBodyProps = Required<Pick<ChartCardProps, "title" | "chart" | "height">> & { asTable: boolean };

function ChartBody({ title, chart, height, asTable }: ChartBodyProps) {
  if (chart !== null && asTable) return <ChartTable title={title} maximumHeight={height} {...chart} />;
  return (
    <div style={{ height }}>
      {chart === null ? (
        <Skeleton className="size-full" />
      ) : (
        <Suspense fallback={null}>
          <TimeChart {...chart} height={height} />
        </Suspense>
      )}
    </div>
  );
}

function Legend({ series }: Pick<TimeChartProps, "series">) {
  return (
    <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1 pl-1 text-xs text-muted">
      {series.map(({ id, label, color }) => (
        <li key={id} className="flex min-w-0 items-center gap-1.5">
          <SeriesSwatch color={color} />
          <span className="max-w-48 truncate">{label}</span>
        </li>
      ))}
    </ul>
  );
}
