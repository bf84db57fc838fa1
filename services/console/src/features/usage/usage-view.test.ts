import { expect, test } from "vitest";
import { exportPath, formatMetric, isLatency } from "./usage-view.ts";

test.each([
  ["cost_usd", 1.5, "$1.50"],
  ["input_tokens", 12_345, "12.3K"],
  ["latency_p95_ms", 1_500, "1.50 s"],
] as const)("formatMetric · %s of %d is %s", (...[metric, value, text]) => {
  expect(formatMetric(metric, value)).toBe(text);
});

test("isLatency · percentiles and nothing else", () => {
  expect([isLatency("latency_p50_ms"), isLatency("requests")]).toEqual([true, false]);
});

test("exportPath · the same period as the page shows", () => {
  expect(exportPath("w1", { bucket: "day", from: "2026-11-01T00:00:00.000Z" }, "csv")).toBe(
    "/workspaces/w1/usage/export?bucket=day&from=2026-11-01T00%3A00%3A00.000Z&format=csv",
  );
});
