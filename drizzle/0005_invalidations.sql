-- Every committed change that concerns the proxies is announced to them by the database itself, so that no code path
-- can forget it. The payloads are the type `Invalidation` of packages/contracts/src/gateway-config.ts.

create function perpetuo_invalidate_api_key() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_op <> 'INSERT' then
    perform pg_notify('perpetuo_invalidation', json_build_object('kind', 'api_key', 'key_hash', old.key_hash)::text);
  end if;
  -- PostgreSQL drops a payload that the transaction has already sent, so an unchanged hash is announced once.
  if tg_op <> 'DELETE' then
    perform pg_notify('perpetuo_invalidation', json_build_object('kind', 'api_key', 'key_hash', new.key_hash)::text);
  end if;
  return null;
end
$$;

-- The trigger's argument is the column that holds the workspace's id.
create function perpetuo_invalidate_workspace() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
  present jsonb := case tg_op when 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
begin
  perform pg_notify(
    'perpetuo_invalidation',
    json_build_object('kind', 'workspace', 'workspace_id', present ->> tg_argv[0])::text);
  return null;
end
$$;

create function perpetuo_invalidate_catalogue() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  perform pg_notify('perpetuo_invalidation', json_build_object('kind', 'catalogue')::text);
  return null;
end
$$;

revoke execute on function
  perpetuo_invalidate_api_key(), perpetuo_invalidate_workspace(), perpetuo_invalidate_catalogue() from public;

create trigger invalidate after insert or update or delete on api_keys
  for each row execute function perpetuo_invalidate_api_key();
create trigger invalidate after insert or update or delete on provider_keys
  for each row execute function perpetuo_invalidate_workspace('workspace_id');
create trigger invalidate after insert or update or delete on data_keys
  for each row execute function perpetuo_invalidate_workspace('workspace_id');
create trigger invalidate after insert or update or delete on config_versions
  for each row execute function perpetuo_invalidate_workspace('workspace_id');
create trigger invalidate after insert or update or delete on model_price_overrides
  for each row execute function perpetuo_invalidate_workspace('workspace_id');
create trigger invalidate after update on workspaces
  for each row when (
    old.limits is distinct from new.limits
    or old.settings is distinct from new.settings
    or old.deleted_at is distinct from new.deleted_at)
  execute function perpetuo_invalidate_workspace('id');
create trigger invalidate_deleted after delete on workspaces
  for each row execute function perpetuo_invalidate_workspace('id');
create trigger invalidate after insert or update or delete or truncate on model_prices
  for each statement execute function perpetuo_invalidate_catalogue();
