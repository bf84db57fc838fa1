-- Writes one row of audit_logs per changed row. The trigger's arguments are the columns that identify the row within
-- its workspace. SECURITY DEFINER, because no service may write the audit trail by itself.
create function perpetuo_audit() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  secret_columns constant text[] := array[
    'ciphertext', 'key_hash', 'password_hash', 'token_hash', 'totp_secret', 'wrapped_key'];
  old_row jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  new_row jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  present jsonb := coalesce(new_row, old_row);
  secret text;
  identity text;
begin
  if old_row = new_row then
    return null;
  end if;
  identity := (select string_agg(present ->> name, '/') from unnest(tg_argv) as name);
  foreach secret in array secret_columns loop
    if new_row ? secret and new_row -> secret <> 'null' then
      new_row := jsonb_set(new_row, array[secret], to_jsonb(
        case when old_row -> secret <> new_row -> secret then '[redacted, changed]' else '[redacted]' end));
    end if;
    if old_row ? secret and old_row -> secret <> 'null' then
      old_row := jsonb_set(old_row, array[secret], '"[redacted]"');
    end if;
  end loop;
  -- A snapshot is immutable and stays in config_versions; a second copy here would only cost space.
  new_row := new_row - 'snapshot';
  insert into public.audit_logs (workspace_id, actor, action, table_name, record_id, before, after, ip, user_agent)
  values (
    case tg_table_name
      when 'users' then null
      when 'workspaces' then (present ->> 'id')::uuid
      else (present ->> 'workspace_id')::uuid
    end,
    coalesce(
      nullif(current_setting('app.actor', true), ''), nullif(current_setting('app.user_id', true), ''), session_user),
    lower(tg_op), tg_table_name, identity, old_row, new_row,
    nullif(current_setting('app.ip', true), ''), nullif(current_setting('app.user_agent', true), ''));
  return null;
end
$$;

revoke execute on function perpetuo_audit() from public;

-- The list of audited tables is repeated in audited-tables.ts, and a test holds the two together.
create trigger audit after insert or update or delete on users
  for each row execute function perpetuo_audit('id');
create trigger audit after insert or update or delete on workspaces
  for each row execute function perpetuo_audit('id');
create trigger audit after insert or update or delete on workspace_profiles
  for each row execute function perpetuo_audit('workspace_id');
create trigger audit after insert or update or delete on memberships
  for each row execute function perpetuo_audit('user_id');
create trigger audit after insert or update or delete on data_keys
  for each row execute function perpetuo_audit('key_id');
create trigger audit after insert or update or delete on provider_keys
  for each row execute function perpetuo_audit('id');
create trigger audit after insert or update or delete on api_keys
  for each row execute function perpetuo_audit('id');
create trigger audit after insert or update or delete on config_versions
  for each row execute function perpetuo_audit('version');
create trigger audit after insert or update or delete on model_price_overrides
  for each row execute function perpetuo_audit('provider', 'model');

-- History cannot be rewritten, not even by the owner in passing. Statement triggers, so that they fire for rows that
-- row-level security hides, too.
create function perpetuo_refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  raise exception '% is append-only: % is refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end
$$;

revoke execute on function perpetuo_refuse_change() from public;

create trigger append_only before update or delete or truncate on audit_logs
  for each statement execute function perpetuo_refuse_change();
create trigger append_only before update or delete or truncate on config_versions
  for each statement execute function perpetuo_refuse_change();
