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
      'prices', (
        select coalesce(jsonb_agg(to_jsonb(price) order by provider, model), '[]') from (
          select provider, model, input_micros_per_million, cached_input_micros_per_million, output_micros_per_million,
            (select max_output_tokens from model_prices as listed
              where (listed.provider, listed.model) = (own.provider, own.model) and valid_from <= now()
              order by valid_from desc limit 1) as max_output_tokens
          from model_price_overrides as own where workspace_id = workspaces.id
          union all
          select * from (
            select distinct on (provider, model)
              provider, model, input_micros_per_million, cached_input_micros_per_million, output_micros_per_million,
              max_output_tokens
            from model_prices where valid_from <= now()
            order by provider, model, valid_from desc) as catalogue
          where not exists (
            select from model_price_overrides as override
            where override.workspace_id = workspaces.id
              and (override.provider, override.model) = (catalogue.provider, catalogue.model))
        ) as price),
      'limits', workspaces.limits,
      'spent', case when workspaces.limits ?| array['budget_daily_micros', 'budget_monthly_micros'] then ${spentSums(pool, pool.sql`usage_hourly.workspace_id = workspaces.id`)} end)
    from workspaces
    left join lateral (
      select version, snapshot from config_versions where workspace_id = workspaces.id order by version desc limit 1
    ) as published on true
    where workspaces.id = ${workspaceId}::uuid and workspaces.deleted_at is null`,
  );
}
