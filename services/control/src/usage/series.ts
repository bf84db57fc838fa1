import type {
  UsageGroup,
  UsageMetric,
  UsageSeries,
  UsageSeriesItem,
} from "@perpetuo/contracts/api/usage-series";
import { estimatePercentile } from "@perpetuo/database/latency-histogram";
import type {
  BucketSums,
  GroupTotal,
  SeriesColumn,
  SeriesMeasure,
} from "@perpetuo/database/queries/control/usage-series";
import { toUsd } from "../procedures/present.ts";
import { bucketLengthMs, type Period } from "./period.ts";

type Sums = Pick<GroupTotal, "value" | "unpriced_requests" | "latency_histogram">;

/** How a metric is made of what the database sums. */
type MetricRule = {
  measure: SeriesMeasure;
  read(sums: Sums): number | null;
  /** Of a bucket that could have requests and has none. */
  empty: number | null;
};

const summed = (column: SeriesColumn): MetricRule => ({
  measure: { kind: "sum", column },
  read: ({ value }) => value,
  empty: 0,
});
const percentile = (share: number): MetricRule => ({
  measure: { kind: "latency" },
  read: ({ latency_histogram }) => estimatePercentile(latency_histogram, share),
  empty: null,
});

export const metricRules: Readonly<Record<UsageMetric, MetricRule>> = {
  requests: summed("requests"),
  errors: summed("errors"),
  aborted: summed("aborted"),
  input_tokens: summed("input_tokens"),
  cached_input_tokens: summed("cached_input_tokens"),
  cache_write_tokens: summed("cache_write_tokens"),
  output_tokens: summed("output_tokens"),
  reasoning_tokens: summed("reasoning_tokens"),
  cost_usd: { ...summed("cost_micros"), read: ({ value }) => toUsd(value) },
  latency_p50_ms: percentile(0.5),
  latency_p95_ms: percentile(0.95),
  latency_p99_ms: percentile(0.99),
};

/** What the database knows about a period, and when recording can have begun and must end. */
export type SeriesFacts = {
  metric: UsageMetric;
  group: UsageGroup;
  period: Period;
  /** The largest groups; without groups the whole, if there is anything. */
  largest: GroupTotal[];
  buckets: BucketSums[];
  apiKeyNames: ReadonlyMap<string, string>;
  workspaceCreatedAt: Date;
  now: Date;
};

/** Lines sums up with the buckets of the period, and tells apart what is nothing and what could not be. */
export function assembleSeries(facts: SeriesFacts): UsageSeries {
  const { metric, group, period } = facts;
  const buckets = bucketsOf(facts);
  const groupCount = facts.largest[0]?.group_count ?? 0;
  const groups = facts.largest.map((total) => itemOf(facts, buckets, total));
  const rest = group !== "none" && groupCount > groups.length ? [otherItem(facts, buckets)] : [];
  return {
    metric,
    group,
    bucket: period.bucket,
    from: period.from.toISOString(),
    to: period.to.toISOString(),
    buckets: buckets.map(({ start, state }) => ({ start: start.toISOString(), state })),
    series: [
      ...groups,
      ...rest,
      ...(group === "none" && groups.length === 0 ? [emptyTotal(facts, buckets)] : []),
    ],
    group_count: group === "none" ? 0 : groupCount,
  };
}

type Bucket = { start: Date; state: UsageSeries["buckets"][number]["state"] };

function bucketsOf(facts: SeriesFacts): Bucket[] {
  const { period } = facts;
  const length = bucketLengthMs[period.bucket];
  const count = (period.to.getTime() - period.from.getTime()) / length;
  return Array.from({ length: count }, (_, index) => {
    const start = period.from.getTime() + index * length;
    return { start: new Date(start), state: stateOf(facts, { start, end: start + length }) };
  });
}

function stateOf({ workspaceCreatedAt, now }: SeriesFacts, bucket: { start: number; end: number }) {
  if (bucket.start > now.getTime() || bucket.end <= workspaceCreatedAt.getTime()) return "none";
  return bucket.end > now.getTime() ? "partial" : "complete";
}

function itemOf(facts: SeriesFacts, buckets: Bucket[], total: GroupTotal): UsageSeriesItem {
  const { group, apiKeyNames } = facts;
  const key = group === "none" ? null : total.key;
  return {
    kind: group === "none" ? "total" : "group",
    provider: total.provider || null,
    model: total.model || null,
    api_key_id: total.api_key_id,
    name: total.api_key_id === null ? null : (apiKeyNames.get(total.api_key_id) ?? null),
    total: metricRules[facts.metric].read(total),
    values: valuesOf(facts, buckets, key),
    unpriced_requests: total.unpriced_requests,
  };
}

function otherItem(facts: SeriesFacts, buckets: Bucket[]): UsageSeriesItem {
  const sums = addUp(facts.buckets.filter(({ key }) => key === null));
  return {
    ...nameless,
    kind: "other",
    total: metricRules[facts.metric].read(sums),
    values: valuesOf(facts, buckets, null),
    unpriced_requests: sums.unpriced_requests,
  };
}

/** The one series of a period in which nothing was asked for. */
function emptyTotal(facts: SeriesFacts, buckets: Bucket[]): UsageSeriesItem {
  const { empty } = metricRules[facts.metric];
  return {
    ...nameless,
    kind: "total",
    total: empty,
    values: valuesOf(facts, buckets, null),
    unpriced_requests: 0,
  };
}

const nameless = { provider: null, model: null, api_key_id: null, name: null };

function valuesOf(facts: SeriesFacts, buckets: Bucket[], key: string | null): (number | null)[] {
  const rule = metricRules[facts.metric];
  const sums = new Map(
    facts.buckets.filter((row) => row.key === key).map((row) => [row.start.getTime(), row]),
  );
  return buckets.map(({ start, state }) => {
    const found = sums.get(start.getTime());
    if (found !== undefined) return rule.read(found);
    return state === "none" ? null : rule.empty;
  });
}

function addUp(rows: readonly Sums[]): Sums {
  return rows.reduce<Sums>(
    (sums, row) => ({
      value: sums.value + row.value,
      unpriced_requests: sums.unpriced_requests + row.unpriced_requests,
      latency_histogram: row.latency_histogram.map(
        (count, index) => count + (sums.latency_histogram[index] ?? 0),
      ),
    }),
    { value: 0, unpriced_requests: 0, latency_histogram: [] },
  );
}
