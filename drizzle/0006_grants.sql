-- Adds two latency histograms of equal length, bucket by bucket.
create function perpetuo_add_histograms(bigint[], bigint[]) returns bigint[]
language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as $$
  select array_agg(coalesce(a, 0) + coalesce(b, 0) order by bucket)
  from unnest($1, $2) with ordinality as pairs (a, b, bucket)
$$;
revoke execute on function perpetuo_add_histograms(bigint[], bigint[]) from public;

grant usage on schema public to perpetuo_control, perpetuo_proxy, perpetuo_worker;
-- A service compares the newest applied migration with the newest that it knows, and waits when the schema is older.
grant usage on schema drizzle to perpetuo_control, perpetuo_proxy, perpetuo_worker;
grant select on drizzle.__drizzle_migrations to perpetuo_control, perpetuo_proxy, perpetuo_worker;

-- Control: what people change, and what they read. Never the audit trail, never what settlement writes.
grant select, insert, update on users, workspaces, workspace_profiles, data_keys to perpetuo_control;
grant select, insert, update, delete
  on sessions, auth_throttle, memberships, provider_keys, api_keys, model_price_overrides to perpetuo_control;
grant select, insert on config_versions to perpetuo_control;
grant select
  on model_prices, request_logs, request_log_metadata, log_batches, usage_counters, usage_hourly, api_key_usage,
     provider_key_health, audit_logs
  to perpetuo_control;
grant execute on function perpetuo_ensure_partitions(integer) to perpetuo_control;

-- Proxy: resolve a key, read what it must obey.
grant select (id, limits, deleted_at) on workspaces to perpetuo_proxy;
grant select (workspace_id, id, key_hash, scopes, models, limits, expires_at, revoked_at) on api_keys to perpetuo_proxy;
grant select (workspace_id, id, provider, name, ciphertext, key_id, base_url, models, priority, weight, enabled)
  on provider_keys to perpetuo_proxy;
grant select (workspace_id, key_id, wrapped_key, master_key_id) on data_keys to perpetuo_proxy;
grant select (workspace_id, version, snapshot) on config_versions to perpetuo_proxy;
grant select on model_prices, model_price_overrides to perpetuo_proxy;
-- Proxy: settle. ON CONFLICT needs to read the columns that it compares or adds to, and no others are readable.
grant insert, select (id, created_at) on request_logs to perpetuo_proxy;
grant insert, select (workspace_id, key, value, created_at, log_id) on request_log_metadata to perpetuo_proxy;
grant insert, select (batch_id) on log_batches to perpetuo_proxy;
grant select, insert, update on usage_counters, usage_hourly, api_key_usage, provider_key_health to perpetuo_proxy;
grant execute on function perpetuo_add_histograms(bigint[], bigint[]) to perpetuo_proxy;

-- Worker: reads for reports and alerts, inside a workspace like control.
grant select
  on workspaces, memberships, model_prices, model_price_overrides, request_logs, request_log_metadata, usage_counters,
     usage_hourly, api_key_usage, provider_key_health
  to perpetuo_worker;
grant execute on function perpetuo_ensure_partitions(integer) to perpetuo_worker;
