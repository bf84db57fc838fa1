import type { WorkspaceConfig } from "@perpetuo/contracts/gateway-config";
import type { Pool } from "../../pool.ts";
import { readDocument } from "./read-document.ts";
import { spentSums } from "./spent-sums.ts";

/**
 * Reads everything that the data plane obeys for one workspace, as of one moment, in one round trip.
 * Null when the workspace is unknown or deleted. A workspace that has published nothing has version 0 and no routes.
 */
export async function loadWorkspaceConfig(pool: Pool, workspaceId: string): Promise<WorkspaceConfig | null> {
  return await readDocument(
    pool,
    pool.sql`
    select jsonb_build_object(
      'workspace_id', workspaces.id,
      'config_version', coalesce(published.version, 0),
      'snapshot', '{"format": 1, "routes": [], "policies": []}' || coalesce(published.snapshot, '{}'),
      'provider_keys', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'provider_key_id', id, 'workspace_id', workspace_id, 'provider', provider, 'name', name,
          'ciphertext', ciphertext, 'key_id', key_id, 'base_url', base_url, 'models', models,
          'priority', priority, 'weight', weight) order by priority, id), '[]')
        from provider_keys where workspace_id = workspaces.id and enabled),
      'data_keys', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'key_id', key_id, 'workspace_id', workspace_id, 'wrapped_key', wrapped_key,
          'master_key_id', master_key_id)), '[]')
        from data_keys where workspace_id = workspaces.id),
      'prices', ${pricesInForce(pool)},
      'limits', workspaces.limits,
      'spent', case when workspaces.limits ?| array['budget_daily_micros', 'budget_monthly_micros'] then ${spentSums(pool, pool.sql`usage_hourly.workspace_id = workspaces.id`)} end)
    from workspaces
    left join lateral (
      select version, snapshot from config_versions where workspace_id = workspaces.id order by version desc limit 1
    ) as published on true
    where workspaces.id = ${workspaceId}::uuid and workspaces.deleted_at is null`,
  );
}

/**
 * The prices of the providers that the workspace has keys for, as `PricedModel` documents without what is null or empty: a catalogue of
 * all providers would be held in memory once for every workspace. A workspace's own price has the catalogue's word on what the model can.
 */
function pricesInForce({ sql }: Pool) {
  return sql`(
    with listed as (
      select distinct on (provider, model) *
      from model_prices
      where provider in (select provider from provider_keys where workspace_id = workspaces.id and enabled)
      order by provider, model, valid_from > now(), abs(extract(epoch from valid_from - now()))),
    own as (select * from model_price_overrides where workspace_id = workspaces.id)
    select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(price)) order by provider, model), '[]') from (
      select provider, model, own.input_micros_per_million, own.output_micros_per_million,
        coalesce(own.cached_input_micros_per_million, own.input_micros_per_million) as cached_input_micros_per_million,
        coalesce(own.cache_write_micros_per_million, own.input_micros_per_million) as cache_write_micros_per_million,
        coalesce(own.cache_write_1h_micros_per_million, own.cache_write_micros_per_million, own.input_micros_per_million)
          as cache_write_1h_micros_per_million,
        own.input_audio_micros_per_million, own.reasoning_micros_per_million, own.output_audio_micros_per_million,
        nullif(own.tiers, '[]') as tiers, listed.max_output_tokens, nullif(listed.capabilities, '{}') as capabilities
      from own left join listed using (provider, model)
      union all
      select provider, model, input_micros_per_million, output_micros_per_million, cached_input_micros_per_million,
        cache_write_micros_per_million, cache_write_1h_micros_per_million, input_audio_micros_per_million,
        reasoning_micros_per_million, output_audio_micros_per_million, nullif(tiers, '[]'), max_output_tokens,
        nullif(capabilities, '{}')
      from listed where (provider, model) not in (select provider, model from own)
    ) as price)`;
}
