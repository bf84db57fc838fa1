import { withDatabase } from "@perpetuo/database/connection";
import { latencyBucketBoundsMs } from "@perpetuo/database/latency-histogram";

/** Whose requests, how many, and over how many days back from now. */
export type SampleTraffic = { workspaceId: string; rows: number; days: number };

const bounds = `array[${latencyBucketBoundsMs.join(", ")}]`;
const bucketCount = latencyBucketBoundsMs.length + 1;

/**
 * Writes requests as settlement would have, logs and hourly sums alike, so that pages have something to show. The same
 * call writes the same mixture: models of several vendors, busy and quiet hours, errors, aborts and unknown prices.
 */
export async function writeSampleTraffic(administratorUrl: string, traffic: SampleTraffic): Promise<void> {
  const { workspaceId, rows, days } = traffic;
  await withDatabase(administratorUrl, { max: 1, applicationName: "perpetuo-test" }, async ({ sql }) => {
    await sql.unsafe(insertRows, [workspaceId, String(rows), String(days)]);
    await sql.unsafe(insertHours, [workspaceId]);
    await sql.unsafe(insertCounters, [workspaceId]);
  });
}

// Numbers follow from the row's own number, so that nothing is drawn by chance.
const insertRows = `
  insert into request_logs (
    id, workspace_id, api_key_id, request_id, endpoint, config_version, requested_model, provider, provider_key_id,
    upstream_model, status_code, error_code, error_message, streamed, usage_estimated, input_tokens,
    cached_input_tokens, output_tokens, reasoning_tokens, cost_micros, duration_ms, time_to_first_byte_ms,
    overhead_us, attempts, plan, metadata, "user", created_at)
  select
    uuidv7(at - now()), $1::uuid,
    (select keys[1 + n % cardinality(keys)] from (
      select coalesce(array_agg(id order by created_at, id), array[uuidv7()]) as keys
      from api_keys where workspace_id = $1::uuid) as all_keys),
    'req-' || n, case when n % 29 = 0 then '/v1/embeddings' else '/v1/chat/completions' end, 1,
    model, case when status in (401, 429) then null else provider end, null, model, status,
    case status when 429 then 'rate_limit_exceeded' when 502 then 'upstream_error' when 499 then 'client_closed_request'
      when 400 then 'invalid_request' end,
    case status when 502 then 'The provider did not answer.' when 429 then 'Too many requests in a minute.' end,
    n % 3 > 0, status = 499,
    case when status in (429, 400) then 0 else 200 + n % 1800 end,
    case when status = 200 and n % 4 = 0 then 100 + n % 100 else 0 end,
    case when status = 200 then 50 + n % 700 else 0 end, case when n % 11 = 0 and status = 200 then 40 else 0 end,
    case when n % 53 = 0 then null when status = 200 then 400 + n % 9000 else 0 end,
    40 + (n * 7919) % 900 + case when n % 97 = 0 then 9000 else 0 end, case when status = 200 then 30 + (n * 31) % 400 end,
    40 + n % 60, '[]', '[]', case when n % 5 = 0 then '{"team": "search"}'::jsonb end,
    case when n % 7 = 0 then 'user-' || n % 40 end, at
  from (
    select n,
      date_trunc('milliseconds', now() - make_interval(secs => (days * 86400) * power((n::float + 0.5) / count, 1.15)
        + 3000 * sin(n::float / 40))) as at,
      (array['gpt-4o-mini', 'claude-sonnet-4-5', 'gemini-2.5-flash', 'gpt-4o', 'mistral-small-latest', 'command-a-03-2025',
        'llama-3.3-70b', 'gpt-4o-mini'])[1 + (n * 13) % 8] as model,
      (array['openai', 'anthropic', 'google', 'openai', 'mistral', 'cohere', 'groq', 'azure'])[1 + (n * 13) % 8] as provider,
      case when n % 61 = 0 then 502 when n % 47 = 0 then 429 when n % 83 = 0 then 499 when n % 89 = 0 then 400 else 200 end
        as status
    from generate_series(0, $2::int - 1) as n, (select $2::float as count, $3::float as days) as settings
  ) as drawn
  where at <= now()`;

const insertHours = `
  insert into usage_hourly (
    workspace_id, hour, provider, model, api_key_id, requests, errors, aborted, input_tokens, cached_input_tokens,
    output_tokens, reasoning_tokens, cost_micros, unpriced_requests, latency_histogram)
  select workspace_id, date_trunc('hour', created_at, 'UTC'), coalesce(provider, ''), coalesce(upstream_model, ''), api_key_id,
    count(*), count(*) filter (where status_code >= 400 and status_code <> 499),
    count(*) filter (where status_code = 499), sum(input_tokens), sum(cached_input_tokens), sum(output_tokens),
    sum(reasoning_tokens), coalesce(sum(cost_micros), 0), count(*) filter (where cost_micros is null),
    array[${Array.from(
      { length: bucketCount },
      (_, bucket) => `count(*) filter (where width_bucket(duration_ms - 1, ${bounds}) = ${bucket})`,
    ).join(", ")}]
  from request_logs where workspace_id = $1::uuid group by 1, 2, 3, 4, 5
  on conflict do nothing`;

const insertCounters = `
  insert into usage_counters (
    workspace_id, requests, errors, aborted, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
    cost_micros, unpriced_requests)
  select workspace_id, sum(requests), sum(errors), sum(aborted), sum(input_tokens), sum(cached_input_tokens),
    sum(output_tokens), sum(reasoning_tokens), sum(cost_micros), sum(unpriced_requests)
  from usage_hourly where workspace_id = $1::uuid group by 1
  on conflict (workspace_id) do nothing`;
