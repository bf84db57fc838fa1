import {
  Bar,
  type BarShapeProps,
  CartesianGrid,
  ComposedChart,
  Line,
  Rectangle,
  ReferenceArea,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { formatBucket, formatBucketTick } from "../../library/format-bucket.ts";
import { barRows, type ChartBucket, type ChartSeries, lineRows, openEndOf } from "./chart-data.ts";
import { ChartTooltip } from "./chart-tooltip.tsx";

export type TimeChartProps = {
  kind: "bars" | "lines";
  bucket: "hour" | "day";
  buckets: readonly ChartBucket[];
  series: readonly ChartSeries[];
  format: (value: number) => string;
  /** Pixels. */
  height: number;
};

const tick = { fontSize: 11, fill: "var(--color-faint)" };
const partialOpacity = 0.45;

/**
 * Values over time. Bars stand on each other; a bucket that is not over is paler or dotted; where nothing could be
 * recorded the ground is darker and nothing is drawn, because that is not zero.
 */
export function TimeChart({ kind, bucket, buckets, series, format, height }: TimeChartProps) {
  const rows = kind === "bars" ? barRows(buckets, series) : lineRows(buckets, series);
  const unrecorded = buckets.findLastIndex(({ state }) => state === "none");
  return (
    <ResponsiveContainer width="100%" height={height}>
      <ComposedChart data={rows} margin={{ top: 8, right: 4, bottom: 0, left: 0 }} barCategoryGap="18%">
        <CartesianGrid vertical={false} stroke="var(--color-line)" />
        <XAxis
          dataKey="index"
          tick={tick}
          tickLine={false}
          axisLine={{ stroke: "var(--color-line-strong)" }}
          minTickGap={40}
          tickFormatter={(index: number) => formatBucketTick(buckets[index]?.start ?? "", bucket)}
        />
        <YAxis
          tick={tick}
          tickLine={false}
          axisLine={false}
          width={56}
          tickCount={4}
          tickFormatter={format}
        />
        {unrecorded > 0 && <ReferenceArea x1={0} x2={unrecorded} fill="var(--color-sunken)" />}
        <Tooltip
          isAnimationActive={false}
          cursor={kind === "bars" ? { fill: "var(--color-hover)" } : { stroke: "var(--color-line-strong)" }}
          content={({ active, label }) => {
            const index = Number(label);
            const at = buckets[index];
            if (active !== true || at === undefined) return null;
            return (
              <ChartTooltip
                title={formatBucket(at.start, bucket)}
                state={at.state}
                {...{ series, index, format }}
              />
            );
          }}
        />
        {kind === "bars" ? bars(series, buckets) : lines(series)}
      </ComposedChart>
    </ResponsiveContainer>
  );
}

function bars(series: readonly ChartSeries[], buckets: readonly ChartBucket[]) {
  return series.map(({ id, color }) => (
    <Bar
      key={id}
      dataKey={id}
      stackId="all"
      fill={color}
      isAnimationActive={false}
      shape={(properties: BarShapeProps) => (
        <Rectangle
          {...properties}
          fillOpacity={buckets[properties.index]?.state === "partial" ? partialOpacity : 1}
        />
      )}
    />
  ));
}

function lines(series: readonly ChartSeries[]) {
  return series.flatMap(({ id, color }) => [
    <Line key={id} dataKey={id} stroke={color} strokeWidth={1.75} dot={false} isAnimationActive={false} />,
    <Line
      key={openEndOf(id)}
      dataKey={openEndOf(id)}
      stroke={color}
      strokeWidth={1.75}
      strokeDasharray="2 3"
      dot={false}
      activeDot={false}
      isAnimationActive={false}
    />,
  ]);
}
