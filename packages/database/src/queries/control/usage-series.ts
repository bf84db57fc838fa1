import { and, desc, eq, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import { latencyBucketCount } from "../../latency-histogram.ts";
import { apiKeys } from "../../schema/keys.ts";
import { usageHourly } from "../../schema/usage.ts";
import type { Transaction } from "../../workspace-transaction.ts";
import { hourlySums } from "./usage.ts";

/** Sums that can be drawn over time. */
export type SeriesColumn =
  | "requests"
  | "errors"
  | "aborted"
  | "input_tokens"
  | "cached_input_tokens"
  | "cache_write_tokens"
  | "output_tokens"
  | "reasoning_tokens"
  | "cost_micros";

export type SeriesGroup = "none" | "provider" | "model" | "api_key";

/** `from` is inclusive, `to` exclusive; both are starts of buckets. */
export type SeriesQuery = {
  workspace_id: string;
  from: Date;
  to: Date;
  bucket: "hour" | "day";
  group: SeriesGroup;
  measure: SeriesMeasure;
};

/** What is summed. Groups are as large as that sum; with latencies, as the number of their requests. */
export type SeriesMeasure = { kind: "sum"; column: SeriesColumn } | { kind: "latency" };

/** One group. `provider`, `model` and `api_key_id` are there as far as the group names them. */
export type GroupTotal = SeriesSums & {
  key: string;
  provider: string | null;
  model: string | null;
  api_key_id: string | null;
  /** How many groups there are in all. */
  group_count: number;
};

/** `latency_histogram` is empty unless latencies are asked for: summing it costs more than all the rest. */
type SeriesSums = { value: number; unpriced_requests: number; latency_histogram: number[] };

/** One bucket of one group; `key` is null for the groups that were not named. */
export type BucketSums = SeriesSums & { start: Date; key: string | null };

/** One text for each group. A model is one of a provider, and JSON keeps the two names apart whatever they contain. */
const groupKeys: Record<SeriesGroup, SQL<string>> = {
  none: sql`''::text`,
  provider: sql`${usageHourly.provider}`,
  model: sql`json_build_array(${usageHourly.provider}, ${usageHourly.model})::text`,
  api_key: sql`${usageHourly.api_key_id}::text`,
};

/** Sums of the histograms, bucket by bucket, as JSON: the driver reads arrays of numerics as text. */
const histogramSum = sql<number[]>`json_build_array(${sql.join(
  Array.from(
    { length: latencyBucketCount },
    (_, index) => sql`coalesce(sum(${usageHourly.latency_histogram}[${sql.raw(String(index + 1))}]), 0)`,
  ),
  sql`, `,
)})`;

const sumsOf = (measure: SeriesMeasure) => ({
  value: hourlySums[measure.kind === "sum" ? measure.column : "requests"],
  unpriced_requests: hourlySums.unpriced_requests,
  latency_histogram: measure.kind === "latency" ? histogramSum : sql<number[]>`'[]'::json`,
});

const isInPeriod = ({ workspace_id, from, to }: SeriesQuery) =>
  and(eq(usageHourly.workspace_id, workspace_id), gte(usageHourly.hour, from), lt(usageHourly.hour, to));

/** The largest groups of a period, the largest first. */
export async function sumLargestGroups(
  transaction: Transaction,
  query: SeriesQuery,
  limit: number,
): Promise<GroupTotal[]> {
  const { group } = query;
  const sums = sumsOf(query.measure);
  const named = (wanted: boolean, column: SQL) =>
    wanted ? sql<string | null>`min(${column})` : sql<string | null>`null::text`;
  return (
    transaction
      .select({
        key: groupKeys[group].as("key"),
        provider: named(group === "provider" || group === "model", sql`${usageHourly.provider}`),
        model: named(group === "model", sql`${usageHourly.model}`),
        api_key_id: named(group === "api_key", sql`${usageHourly.api_key_id}::text`),
        group_count: sql<number>`(count(*) over ())::integer`,
        ...sums,
      })
      .from(usageHourly)
      .where(isInPeriod(query))
      // By position, because an expression with parameters is never equal to itself.
      .groupBy(sql`1`)
      .orderBy(desc(sums.value), sql`1`)
      .limit(limit)
  );
}

/** The sums of each bucket that has any, for each of the named groups and for all others together. */
export async function sumBuckets(
  transaction: Transaction,
  query: SeriesQuery,
  keys: readonly string[],
): Promise<BucketSums[]> {
  const key = groupKeys[query.group];
  const rows = await transaction
    .select({
      seconds: sql<number>`extract(epoch from date_trunc(${query.bucket}, ${usageHourly.hour}, 'UTC'))::integer`,
      key:
        keys.length === 0
          ? sql<string | null>`null::text`
          : sql<string | null>`case when ${inArray(key, [...keys])} then ${key} end`,
      ...sumsOf(query.measure),
    })
    .from(usageHourly)
    .where(isInPeriod(query))
    .groupBy(sql`1`, sql`2`);
  return rows.map(({ seconds, ...row }) => ({ ...row, start: new Date(seconds * 1000) }));
}

/** Names of the API keys that still exist, by id. */
export async function findApiKeyNames(
  transaction: Transaction,
  workspaceId: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await transaction
    .select({ id: apiKeys.id, name: apiKeys.name })
    .from(apiKeys)
    .where(and(eq(apiKeys.workspace_id, workspaceId), inArray(apiKeys.id, [...ids])));
  return new Map(rows.map(({ id, name }) => [id, name]));
}
