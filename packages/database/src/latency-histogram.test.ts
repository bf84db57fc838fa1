import { expect, test } from "vitest";
import { estimatePercentile, latencyBucketBoundsMs, latencyBucketCount } from "./latency-histogram.ts";

/** A histogram of durations, sorted into the buckets as the flush does it. */
function histogramOf(durations: readonly number[]): number[] {
  const histogram = Array<number>(latencyBucketCount).fill(0);
  for (const duration of durations) {
    const index = latencyBucketBoundsMs.findIndex((bound) => duration <= bound);
    const bucket = index === -1 ? latencyBucketCount - 1 : index;
    histogram[bucket] = (histogram[bucket] ?? 0) + 1;
  }
  return histogram;
}

test("estimatePercentile · null without requests", () => {
  expect(estimatePercentile(histogramOf([]), 0.5)).toBeNull();
});

test.each([0.5, 0.95, 0.99])("estimatePercentile · in the bucket of the exact percentile (%d)", (share) => {
  const durations = Array.from({ length: 500 }, (_, index) => 3 + ((index * 7919) % 500) ** 2 / 20);
  const sorted = durations.toSorted((a, b) => a - b);
  const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  const upper = latencyBucketBoundsMs.find((bound) => exact <= bound) ?? 0;
  const lower = latencyBucketBoundsMs[latencyBucketBoundsMs.indexOf(upper as 5) - 1] ?? 0;
  const estimate = estimatePercentile(histogramOf(durations), share) ?? 0;
  expect(estimate).toBeGreaterThan(lower);
  expect(estimate).toBeLessThanOrEqual(upper);
});

test("estimatePercentile · even within a bucket, and never between empty ones", () => {
  const histogram = histogramOf([600, 700, 800, 900]);
  expect(estimatePercentile(histogram, 0.5)).toBe(750);
  expect(estimatePercentile(histogram, 1)).toBe(1000);
  expect(estimatePercentile(histogramOf([1, 1, 200_000]), 0.66)).toBeLessThanOrEqual(5);
});

test("estimatePercentile · the last bound for what is slower", () => {
  expect(estimatePercentile(histogramOf([1_000_000]), 0.5)).toBe(300_000);
});
