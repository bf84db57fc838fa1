import { z } from "zod";
import { countSchema, idSchema, timestampSchema, workspaceInput } from "./common.ts";

/** What a series can show. Latencies are of the whole answer, estimated from a histogram. */
export const usageMetrics = [
  "requests",
  "errors",
  "aborted",
  "input_tokens",
  "cached_input_tokens",
  "cache_write_tokens",
  "output_tokens",
  "reasoning_tokens",
  "cost_usd",
  "latency_p50_ms",
  "latency_p95_ms",
  "latency_p99_ms",
] as const;
export type UsageMetric = (typeof usageMetrics)[number];

export const usageGroups = ["none", "provider", "model", "api_key"] as const;
export type UsageGroup = (typeof usageGroups)[number];

/** Hours and calendar days, both in UTC. */
export const usageBucketSchema = z.enum(["hour", "day"]);
export type UsageBucket = z.infer<typeof usageBucketSchema>;

/** A series has at most this many buckets: six weeks of hours, or nearly three years of days. */
export const maximumUsageBuckets = 1_000;

/** A period, moved outwards to whole buckets. Default: the last 24 hours, or the last 30 days. */
export const usagePeriodFields = {
  bucket: usageBucketSchema.default("hour"),
  /** Inclusive. */
  from: timestampSchema.optional(),
  /** Exclusive. Default: now. */
  to: timestampSchema.optional(),
};

export const usageSeriesInput = workspaceInput.extend({
  ...usagePeriodFields,
  metric: z.enum(usageMetrics),
  group: z.enum(usageGroups).default("none"),
  /** How many groups get a series of their own; the rest is one series of kind `other`. */
  top: z.int().min(1).max(20).default(5),
});
export type UsageSeriesInput = z.output<typeof usageSeriesInput>;

/**
 * `complete`: what has been recorded is all there will be, but for requests that still run. `partial`: the bucket is not
 * over. `none`: nothing could be recorded, because the workspace did not exist yet or the time is to come.
 */
export const usageBucketStateSchema = z.enum(["complete", "partial", "none"]);

const usageSeriesItemSchema = z.strictObject({
  /** `total`: without groups. `group`: one of the largest. `other`: all further groups together. */
  kind: z.enum(["total", "group", "other"]),
  /** Null when the request reached none, or the series is of no one provider. */
  provider: z.string().nullable(),
  model: z.string().nullable(),
  api_key_id: idSchema.nullable(),
  /** Of the API key; null when it has been deleted. */
  name: z.string().nullable(),
  /** Over the whole period; a latency without requests is null. */
  total: z.number().nullable(),
  /** One for each bucket. Null: nothing could be recorded, or there is no request whose latency could be told. */
  values: z.array(z.number().nullable()),
  /** Requests at a price that is not known, which `cost_usd` lacks. */
  unpriced_requests: countSchema,
});
export type UsageSeriesItem = z.infer<typeof usageSeriesItemSchema>;

export const usageSeriesOutput = z.strictObject({
  metric: z.enum(usageMetrics),
  group: z.enum(usageGroups),
  bucket: usageBucketSchema,
  from: timestampSchema,
  to: timestampSchema,
  buckets: z.array(z.strictObject({ start: timestampSchema, state: usageBucketStateSchema })),
  /** Largest first, `other` last. Latencies are ordered by the number of requests. */
  series: z.array(usageSeriesItemSchema),
  /** How many groups there are, those of `other` included. */
  group_count: countSchema,
});
export type UsageSeries = z.infer<typeof usageSeriesOutput>;
