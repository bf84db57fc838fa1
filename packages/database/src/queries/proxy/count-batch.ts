import type postgres from "postgres";
import { latencyBucketBoundsMs, latencyBucketCount } from "../../latency-histogram.ts";
import { metadataIndexLength } from "../../metadata-index.ts";

// Every statement below reads the new rows from the temporary table `flush_rows`, whose columns are text.
// Rows are written in the order of their keys, so that two proxies that flush at once cannot deadlock.

const sumColumns = [
  "requests",
  "errors",
  "aborted",
  "input_tokens",
  "cached_input_tokens",
  "cache_write_tokens",
  "output_tokens",
  "reasoning_tokens",
  "cost_micros",
  "unpriced_requests",
] as const;

const sumList = sumColumns.join(", ");

const sums = `
  count(*),
  count(*) filter (where status_code::int >= 400 and status_code::int <> 499),
  count(*) filter (where status_code::int = 499),
  sum(input_tokens::bigint), sum(cached_input_tokens::bigint),
  sum(cache_write_tokens::bigint), sum(output_tokens::bigint),
  sum(reasoning_tokens::bigint), coalesce(sum(cost_micros::bigint), 0),
  count(*) filter (where cost_micros is null and (input_tokens::bigint > 0 or output_tokens::bigint > 0))`;

const addSums = sumColumns.map((name) => `${name} = present.${name} + excluded.${name}`).join(", ");

const addCounters = `
  insert into usage_counters as present (workspace_id, ${sumList})
  select workspace_id::uuid, ${sums} from flush_rows group by 1 order by 1
  on conflict (workspace_id) do update set ${addSums}`;

/** The first bound that a duration does not exceed; width_bucket's own bounds are the other way round, hence the minus. */
const bucket = `width_bucket(duration_ms::int - 1, array[${latencyBucketBoundsMs.join(", ")}])`;

const histogram = `array[${Array.from(
  { length: latencyBucketCount },
  (_, index) => `count(*) filter (where ${bucket} = ${index})`,
).join(", ")}]`;

const addHourly = `
  insert into usage_hourly as present
    (workspace_id, hour, provider, model, api_key_id, ${sumList}, latency_histogram)
  select workspace_id::uuid, date_trunc('hour', created_at::timestamptz, 'UTC'), coalesce(provider, ''),
    coalesce(upstream_model, requested_model, ''), api_key_id::uuid, ${sums}, ${histogram}
  from flush_rows group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
  on conflict (workspace_id, hour, provider, model, api_key_id) do update set ${addSums},
    latency_histogram = perpetuo_add_histograms(present.latency_histogram, excluded.latency_histogram)`;

const recordKeyUse = `
  insert into api_key_usage as present (workspace_id, api_key_id, requests, last_used_at)
  select workspace_id::uuid, api_key_id::uuid, count(*), max(created_at::timestamptz)
  from flush_rows group by 1, 2 order by 1, 2
  on conflict (workspace_id, api_key_id) do update set
    requests = present.requests + excluded.requests,
    last_used_at = greatest(present.last_used_at, excluded.last_used_at)`;

/**
 * An attempt that the provider refused for its content (400, 404, 413, 422) shows that the key works; an aborted one,
 * and one that the gateway itself refused, shows nothing. A batch that arrives late never replaces what a later attempt has told.
 */
const recordKeyHealth = `
  with attempts as (
    select workspace_id::uuid as workspace_id, attempt.provider_key_id, attempt.status,
      left(attempt.error, 500) as error,
      created_at::timestamptz + make_interval(secs => (attempt.started_ms + attempt.duration_ms) / 1000) as at,
      attempt.outcome = 'ok' or coalesce(attempt.status in (400, 404, 413, 422), false) as healthy
    from flush_rows
    cross join lateral jsonb_to_recordset(attempts::jsonb) as attempt
      (provider_key_id uuid, outcome text, status int, error text, started_ms float8, duration_ms float8)
    where attempt.outcome not in ('aborted', 'refused')),
  successes as (
    select *, max(at) filter (where healthy) over (partition by workspace_id, provider_key_id) as last_success_at
    from attempts)
  insert into provider_key_health as present (workspace_id, provider_key_id, last_outcome, last_status, last_error,
    last_attempt_at, last_success_at, failing_since)
  select workspace_id, provider_key_id,
    case when (array_agg(healthy order by at desc))[1] then 'healthy' else 'failing' end,
    (array_agg(status order by at desc))[1],
    (array_agg(case when not healthy then error end order by at desc))[1],
    max(at), max(last_success_at), min(at) filter (where at > coalesce(last_success_at, '-infinity'))
  from successes group by 1, 2 order by 1, 2
  on conflict (workspace_id, provider_key_id) do update set
    last_outcome = excluded.last_outcome,
    last_status = excluded.last_status,
    last_error = excluded.last_error,
    last_attempt_at = excluded.last_attempt_at,
    last_success_at = coalesce(excluded.last_success_at, present.last_success_at),
    failing_since = case
      when excluded.last_outcome = 'healthy' then null
      when excluded.last_success_at is not null then excluded.failing_since
      else coalesce(present.failing_since, excluded.failing_since)
    end
  where excluded.last_attempt_at >= present.last_attempt_at`;

const indexMetadata = `
  insert into request_log_metadata (workspace_id, key, value, created_at, log_id)
  select workspace_id::uuid, left(pair.key, ${metadataIndexLength}), left(pair.value, ${metadataIndexLength}),
    created_at::timestamptz, id::uuid
  from flush_rows cross join lateral jsonb_each_text(metadata::jsonb) as pair (key, value)
  where metadata is not null and pair.value is not null
  on conflict do nothing`;

/** Adds the rows of `flush_rows` to everything that is counted from request logs. */
export async function countBatch(transaction: postgres.TransactionSql): Promise<void> {
  // One connection runs them one after the other; sending them together saves the round trips in between.
  await Promise.all(
    [addCounters, addHourly, recordKeyUse, recordKeyHealth, indexMetadata].map((statement) =>
      transaction.unsafe(statement),
    ),
  );
}
