/** One line or one layer of bars. */
export type ChartSeries = {
  id: string;
  label: string;
  /** A colour role, such as `var(--color-chart-1)`. */
  color: string;
  /** One for each bucket; null: nothing is known, which is not zero. */
  values: readonly (number | null)[];
};

/** `partial`: the bucket is not over. `none`: nothing could be recorded in it. */
export type ChartBucket = { start: string; state: "complete" | "partial" | "none" };

/** One row of the drawing: a bucket with every series' value. Lines also have the piece to a partial bucket. */
export type ChartRow = { index: number } & Record<string, number | null>;

/** The key of the dotted piece that leads from the last complete bucket to a partial one. */
export const openEndOf = (id: string) => `${id} (open)`;

/** The rows of a bar chart: every value in its bucket. */
export function barRows(buckets: readonly ChartBucket[], series: readonly ChartSeries[]): ChartRow[] {
  return buckets.map((_, index) => ({
    index,
    ...Object.fromEntries(series.map(({ id, values }) => [id, values[index] ?? null])),
  }));
}

/** The rows of a line chart: a partial bucket belongs to a piece of its own, so that it can be drawn dotted. */
export function lineRows(buckets: readonly ChartBucket[], series: readonly ChartSeries[]): ChartRow[] {
  return buckets.map((bucket, index) => {
    const isPartial = bucket.state === "partial";
    const meetsPartial = isPartial || buckets[index + 1]?.state === "partial";
    return {
      index,
      ...Object.fromEntries(
        series.flatMap(({ id, values }) => [
          [id, isPartial ? null : (values[index] ?? null)],
          [openEndOf(id), meetsPartial ? (values[index] ?? null) : null],
        ]),
      ),
    };
  });
}
