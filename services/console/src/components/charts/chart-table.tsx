import { formatBucket } from "../../library/format-bucket.ts";
import { messages } from "../../messages/messages.ts";
import { HeaderCell } from "../ui/table.tsx";
import type { TimeChartProps } from "./time-chart.tsx";

const text = messages.common.chart;

type ChartTableProps = Omit<TimeChartProps, "height" | "kind"> & { title: string; maximumHeight: number };

/** The same values to read, newest first. */
export function ChartTable({ title, maximumHeight, bucket, buckets, series, format }: ChartTableProps) {
  const order = buckets.map((at, index) => ({ ...at, index })).toReversed();
  return (
    // A region that scrolls must be reachable by the keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the region scrolls.
    <section aria-label={title} tabIndex={0} className="overflow-auto" style={{ maxHeight: maximumHeight }}>
      <table className="w-full border-collapse text-xs tabular-nums">
        <thead className="sticky top-0">
          <tr>
            <HeaderCell>{text.time}</HeaderCell>
            {series.map(({ id, label }) => (
              <HeaderCell key={id} className="text-right">
                {label}
              </HeaderCell>
            ))}
          </tr>
        </thead>
        <tbody>
          {order.map(({ start, state, index }) => (
            <tr key={start} className="border-t border-line">
              <th
                scope="row"
                className="h-7 px-3 text-left font-normal whitespace-nowrap text-muted first:pl-4"
              >
                {formatBucket(start, bucket)}
                {state === "partial" && ` · ${text.partial}`}
              </th>
              {series.map(({ id, values }) => {
                const value = values[index] ?? null;
                return (
                  <td key={id} className="px-3 text-right last:pr-4">
                    {value === null ? messages.common.none : format(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
