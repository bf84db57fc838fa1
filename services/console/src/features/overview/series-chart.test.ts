import { describe, expect, test } from "vitest";
import { otherColor } from "../../components/charts/series-colors.ts";
import { errorShare, groupLayers, totalOf, without } from "./series-chart.ts";
import type { UsageSeries } from "./use-series.ts";

const item = (changes: Partial<UsageSeries["series"][number]>): UsageSeries["series"][number] => ({
  kind: "group",
  provider: null,
  model: null,
  api_key_id: null,
  name: null,
  total: 3,
  values: [1, null, 2],
  unpriced_requests: 0,
  ...changes,
});

const series = (group: UsageSeries["group"], items: UsageSeries["series"]): UsageSeries => ({
  metric: "requests",
  group,
  bucket: "hour",
  from: "2026-11-22T10:00:00.000Z",
  to: "2026-11-22T13:00:00.000Z",
  buckets: [],
  series: items,
  group_count: items.length,
});

describe("groupLayers", () => {
  test("groups · are named, and the rest together is grey", () => {
    const layers = groupLayers(series("model", [item({ model: "gpt" }), item({}), item({ kind: "other" })]));
    expect(layers.map(({ label }) => label)).toEqual(["gpt", "No model", "Other"]);
    expect(layers.at(-1)?.color).toBe(otherColor);
  });

  test("two groups of one name · stay two", () => {
    const layers = groupLayers(
      series("model", [item({ model: "m", provider: "openai" }), item({ model: "m", provider: "azure" })]),
    );
    expect(new Set(layers.map(({ id }) => id)).size).toBe(2);
  });
});

test("totalOf · null while nothing is known", () => {
  expect([totalOf(undefined), totalOf(series("none", [])), totalOf(series("none", [item({})]))]).toEqual([
    null,
    null,
    3,
  ]);
});

test.each([
  [null, null, null],
  [0, 0, null],
  [10, null, 0],
  [10, 1, 0.1],
])("errorShare · %j requests, %j errors: %j", (requests, errors, share) => {
  expect(errorShare(requests, errors)).toBe(share);
});

test("without · missing stays missing, and nothing falls below zero", () => {
  expect(without([5, null, 2], [1, 1, 1], [1, null, 9])).toEqual([3, null, 0]);
});
