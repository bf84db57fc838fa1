/**
 * Upper bounds, in milliseconds, of the buckets of `usage_hourly.latency_histogram`; a last bucket holds what is slower.
 * A duration belongs to the first bucket whose bound it does not exceed. Stored rows depend on this list: a change
 * needs a migration of them.
 */
export const latencyBucketBoundsMs = [
  5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000,
] as const;

/** Number of buckets, the last and unbounded one included. */
export const latencyBucketCount = latencyBucketBoundsMs.length + 1;

/**
 * Estimates the duration, in milliseconds, that a share (0 to 1) of the counted requests did not exceed: exact to the
 * bucket, and even within it. Null without requests. What lies beyond the last bound counts as that bound.
 */
export function estimatePercentile(histogram: readonly number[], share: number): number | null {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const wanted = total * share;
  let below = 0;
  for (const [index, count] of histogram.entries()) {
    if (count > 0 && below + count >= wanted) {
      const lower = latencyBucketBoundsMs[index - 1] ?? 0;
      const upper = latencyBucketBoundsMs[index] ?? lower;
      return lower + ((upper - lower) * (wanted - below)) / count;
    }
    below += count;
  }
  return latencyBucketBoundsMs.at(-1) ?? null;
}
