import { expect, test } from "vitest";
import { assembleSeries } from "./series.ts";

test("assembleSeries · tells what is over from what is not, was not yet or is to come", () => {
  const { buckets, series } = assembleSeries({
    metric: "requests",
    group: "none",
    period: {
      bucket: "hour",
      from: new Date("2026-03-01T08:00:00.000Z"),
      to: new Date("2026-03-01T13:00:00.000Z"),
    },
    largest: [],
    buckets: [],
    apiKeyNames: new Map(),
    workspaceCreatedAt: new Date("2026-03-01T09:30:00.000Z"),
    now: new Date("2026-03-01T11:00:00.000Z"),
  });
  expect(buckets.map(({ state }) => state)).toEqual(["none", "complete", "complete", "partial", "none"]);
  expect(series.map(({ values }) => values)).toEqual([[null, 0, 0, 0, null]]);
});
