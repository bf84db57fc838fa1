import type { ApiKeyIdentity } from "@perpetuo/contracts/gateway-config";
import type { Pool } from "../../pool.ts";
import { readDocument } from "./read-document.ts";
import { spentSums } from "./spent-sums.ts";

/**
 * Finds an API key by the SHA-256 (hex) of its text. Null when it is unknown or revoked, or its workspace is deleted.
 * An expired key is found: the caller knows the time at which it matters.
 */
export async function findApiKey(pool: Pool, keyHash: string): Promise<ApiKeyIdentity | null> {
  const ofKey = pool.sql`
    usage_hourly.workspace_id = api_keys.workspace_id and usage_hourly.api_key_id = api_keys.id`;
  return await readDocument(
    pool,
    pool.sql`
    select jsonb_build_object(
      'api_key_id', api_keys.id,
      'workspace_id', api_keys.workspace_id,
      'scopes', api_keys.scopes,
      'models', api_keys.models,
      'expires_at', (extract(epoch from api_keys.expires_at) * 1000)::bigint,
      'limits', api_keys.limits,
      'spent', case when api_keys.limits ?| array['budget_daily_micros', 'budget_monthly_micros'] then ${spentSums(pool, ofKey)} end)
    from api_keys
    join workspaces on workspaces.id = api_keys.workspace_id
    where api_keys.key_hash = ${keyHash} and api_keys.revoked_at is null and workspaces.deleted_at is null`,
  );
}
