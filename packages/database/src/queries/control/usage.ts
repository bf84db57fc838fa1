import { and, desc, eq, gte, sql } from "drizzle-orm";
import { apiKeys } from "../../schema/keys.ts";
import { usageCounters, usageHourly } from "../../schema/usage.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** Sums over requests. Costs are micro-dollars, of the requests whose price is known. */
export type UsageSums = {
  requests: number;
  errors: number;
  aborted: number;
  input_tokens: number;
  cached_input_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  cost_micros: number;
  unpriced_requests: number;
};

const noUsageSums: UsageSums = Object.freeze({
  requests: 0,
  errors: 0,
  aborted: 0,
  input_tokens: 0,
  cached_input_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
  cost_micros: 0,
  unpriced_requests: 0,
});

/** `sum` of a bigint is a numeric, which the driver gives as text; a sum beyond 2^53 − 1 fails rather than rounds. */
const sumOf = (column: (typeof usageHourly)[keyof UsageSums]) =>
  sql<number>`coalesce(sum(${column}), 0)::bigint`.mapWith(column);

/** Every sum of the hours that a query groups together. */
export const hourlySums = {
  requests: sumOf(usageHourly.requests),
  errors: sumOf(usageHourly.errors),
  aborted: sumOf(usageHourly.aborted),
  input_tokens: sumOf(usageHourly.input_tokens),
  cached_input_tokens: sumOf(usageHourly.cached_input_tokens),
  cache_write_tokens: sumOf(usageHourly.cache_write_tokens),
  output_tokens: sumOf(usageHourly.output_tokens),
  reasoning_tokens: sumOf(usageHourly.reasoning_tokens),
  cost_micros: sumOf(usageHourly.cost_micros),
  unpriced_requests: sumOf(usageHourly.unpriced_requests),
};

/** One workspace since a moment, which is the start of an hour. */
export type UsagePeriod = { workspace_id: string; since: Date };

const isInPeriod = ({ workspace_id, since }: UsagePeriod) =>
  and(eq(usageHourly.workspace_id, workspace_id), gte(usageHourly.hour, since));

/** Totals since the workspace was made. */
export async function findLifetimeUsage(transaction: Transaction, workspaceId: string): Promise<UsageSums> {
  const columns = {
    requests: usageCounters.requests,
    errors: usageCounters.errors,
    aborted: usageCounters.aborted,
    input_tokens: usageCounters.input_tokens,
    cached_input_tokens: usageCounters.cached_input_tokens,
    cache_write_tokens: usageCounters.cache_write_tokens,
    output_tokens: usageCounters.output_tokens,
    reasoning_tokens: usageCounters.reasoning_tokens,
    cost_micros: usageCounters.cost_micros,
    unpriced_requests: usageCounters.unpriced_requests,
  };
  const [row] = await transaction
    .select(columns)
    .from(usageCounters)
    .where(eq(usageCounters.workspace_id, workspaceId));
  return row ?? noUsageSums;
}

export async function sumUsage(transaction: Transaction, period: UsagePeriod): Promise<UsageSums> {
  const [row] = await transaction.select(hourlySums).from(usageHourly).where(isInPeriod(period));
  return row ?? noUsageSums;
}

/** `provider` is empty for requests that no provider answered. */
export async function sumUsageByProvider(
  transaction: Transaction,
  period: UsagePeriod,
): Promise<(UsageSums & { provider: string })[]> {
  return transaction
    .select({ provider: usageHourly.provider, ...hourlySums })
    .from(usageHourly)
    .where(isInPeriod(period))
    .groupBy(usageHourly.provider)
    .orderBy(desc(hourlySums.requests), usageHourly.provider);
}

/** `provider` and `model` are empty when unknown. */
export async function sumUsageByModel(
  transaction: Transaction,
  period: UsagePeriod,
): Promise<(UsageSums & { provider: string; model: string })[]> {
  return transaction
    .select({ provider: usageHourly.provider, model: usageHourly.model, ...hourlySums })
    .from(usageHourly)
    .where(isInPeriod(period))
    .groupBy(usageHourly.provider, usageHourly.model)
    .orderBy(desc(hourlySums.requests), usageHourly.provider, usageHourly.model);
}

/** `name` and `prefix` are null when the key has been deleted. */
export async function sumUsageByKey(
  transaction: Transaction,
  period: UsagePeriod,
): Promise<(UsageSums & { api_key_id: string; name: string | null; prefix: string | null })[]> {
  return transaction
    .select({ api_key_id: usageHourly.api_key_id, name: apiKeys.name, prefix: apiKeys.prefix, ...hourlySums })
    .from(usageHourly)
    .leftJoin(
      apiKeys,
      and(eq(apiKeys.workspace_id, usageHourly.workspace_id), eq(apiKeys.id, usageHourly.api_key_id)),
    )
    .where(isInPeriod(period))
    .groupBy(usageHourly.api_key_id, apiKeys.name, apiKeys.prefix)
    .orderBy(desc(hourlySums.requests), usageHourly.api_key_id);
}
