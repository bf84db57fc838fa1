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
