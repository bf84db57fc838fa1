import type postgres from "postgres";
import type { Pool } from "../../pool.ts";

/**
 * What budgets start from, as a `Spent` document: the sums of `usage_hourly` in the present day and month, UTC, with the numbers
 * of that day and month. `filter` names the rows by a condition of the query around it.
 */
export function spentSums({ sql }: Pool, filter: postgres.PendingQuery<postgres.Row[]>) {
  return sql`(
    select jsonb_build_object(
      'day', floor(extract(epoch from now()) / 86400)::int,
      'day_micros', coalesce(sum(cost_micros) filter (where hour >= date_trunc('day', now(), 'UTC')), 0)::bigint,
      'month', (extract(year from now() at time zone 'UTC') * 12 + extract(month from now() at time zone 'UTC') - 1)::int,
      'month_micros', coalesce(sum(cost_micros), 0)::bigint)
    from usage_hourly
    where ${filter} and hour >= date_trunc('month', now(), 'UTC'))`;
}
