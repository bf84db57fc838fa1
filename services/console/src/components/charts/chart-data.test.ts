import { describe, expect, test } from "vitest";
import { barRows, type ChartBucket, type ChartSeries, lineRows, openEndOf } from "./chart-data.ts";

const buckets: ChartBucket[] = [
  { start: "2026-11-22T10:00:00Z", state: "none" },
  { start: "2026-11-22T11:00:00Z", state: "complete" },
  { start: "2026-11-22T12:00:00Z", state: "complete" },
  { start: "2026-11-22T13:00:00Z", state: "partial" },
];
const series: ChartSeries[] = [
  { id: "a", label: "A", color: "red", values: [null, 1, 2, 3] },
  { id: "b", label: "B", color: "blue", values: [null, 4, null, 1] },
];

describe("barRows", () => {
  test("missing values · stay missing and do not become zero", () => {
    expect(barRows(buckets, series)).toEqual([
      { index: 0, a: null, b: null },
      { index: 1, a: 1, b: 4 },
      { index: 2, a: 2, b: null },
      { index: 3, a: 3, b: 1 },
    ]);
  });
});

describe("lineRows", () => {
  test("a partial bucket · is a piece of its own that begins at the last complete one", () => {
    const rows = lineRows(buckets, series);
    expect(rows.map((row) => row["a"])).toEqual([null, 1, 2, null]);
    expect(rows.map((row) => row[openEndOf("a")])).toEqual([null, null, 2, 3]);
  });
});
