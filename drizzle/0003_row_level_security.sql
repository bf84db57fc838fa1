-- Every table with `workspace_id`, and `workspaces` itself, shows and accepts only the rows of the workspace that
-- the transaction has named in `app.workspace_id`. FORCE makes that hold for the owner as well.
-- After its first use in a session the setting is '' and not null, hence nullif.
do $$
declare
  table_name text;
  key text;
begin
  foreach table_name in array array[
    'workspaces', 'workspace_profiles', 'memberships', 'data_keys', 'provider_keys', 'api_keys', 'config_versions',
    'model_price_overrides', 'request_logs', 'request_logs_default', 'request_log_metadata',
    'request_log_metadata_default', 'usage_counters', 'usage_hourly', 'api_key_usage', 'provider_key_health',
    'audit_logs'
  ] loop
    key := case table_name when 'workspaces' then 'id' else 'workspace_id' end;
    execute format('alter table %I enable row level security', table_name);
    execute format('alter table %I force row level security', table_name);
    execute format(
      'create policy workspace_isolation on %I
         using (%I = nullif(current_setting(''app.workspace_id'', true), '''')::uuid)
         with check (%I = nullif(current_setting(''app.workspace_id'', true), '''')::uuid)',
      table_name, key, key);
  end loop;
end
$$;

-- A user sees their own memberships, the workspaces of these, and the history of their own account.
create policy own_memberships on memberships for select
  using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
create policy own_workspaces on workspaces for select
  using (exists (
    select from memberships
    where memberships.workspace_id = workspaces.id
      and memberships.user_id = nullif(current_setting('app.user_id', true), '')::uuid));
create policy own_account_history on audit_logs for select
  using (workspace_id is null and table_name = 'users' and record_id = nullif(current_setting('app.user_id', true), ''));

-- The proxy serves every workspace: it resolves keys, reads what it must obey and settles. Its grants are the narrower
-- wall: they name columns.
create policy proxy_reads on workspaces for select to perpetuo_proxy using (true);
create policy proxy_reads on api_keys for select to perpetuo_proxy using (true);
create policy proxy_reads on provider_keys for select to perpetuo_proxy using (true);
create policy proxy_reads on data_keys for select to perpetuo_proxy using (true);
create policy proxy_reads on config_versions for select to perpetuo_proxy using (true);
create policy proxy_reads on model_price_overrides for select to perpetuo_proxy using (true);
create policy proxy_settles on request_logs to perpetuo_proxy using (true) with check (true);
create policy proxy_settles on request_log_metadata to perpetuo_proxy using (true) with check (true);
create policy proxy_settles on usage_counters to perpetuo_proxy using (true) with check (true);
create policy proxy_settles on usage_hourly to perpetuo_proxy using (true) with check (true);
create policy proxy_settles on api_key_usage to perpetuo_proxy using (true) with check (true);
create policy proxy_settles on provider_key_health to perpetuo_proxy using (true) with check (true);

-- The owner moves rows out of the default partitions, writes the audit trail (see perpetuo_audit), and enumerates
-- workspaces so that a maintenance command can visit them one by one.
create policy owner_drains on request_logs_default to current_role using (true) with check (true);
create policy owner_drains on request_log_metadata_default to current_role using (true) with check (true);
create policy owner_records on audit_logs for insert to current_role with check (true);
create policy owner_enumerates on workspaces for select to current_role using (true);
