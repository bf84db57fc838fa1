-- Rows of days that have no partition, such as those of a spool that waited for weeks.
create table request_logs_default partition of request_logs default;
create table request_log_metadata_default partition of request_log_metadata default;

-- Makes the partition of one day (UTC) and first moves that day's rows out of the default partition,
-- because PostgreSQL refuses a partition whose rows the default one holds.
create function perpetuo_create_partition(parent text, day date) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
  partition_name text := parent || '_' || to_char(day, 'YYYYMMDD');
  starts timestamptz := day::timestamp at time zone 'UTC';
  ends timestamptz := (day + 1)::timestamp at time zone 'UTC';
begin
  execute format('create table public.%I (like public.%I including all)', partition_name, parent);
  execute format('lock table public.%I in access exclusive mode', parent || '_default');
  execute format(
    'with moved as (delete from public.%I where created_at >= %L and created_at < %L returning *)
     insert into public.%I select * from moved',
    parent || '_default', starts, ends, partition_name);
  execute format('alter table public.%I enable row level security', partition_name);
  execute format('alter table public.%I force row level security', partition_name);
  execute format(
    'create policy workspace_isolation on public.%I
       using (workspace_id = nullif(current_setting(''app.workspace_id'', true), '''')::uuid)
       with check (workspace_id = nullif(current_setting(''app.workspace_id'', true), '''')::uuid)',
    partition_name);
  execute format(
    'alter table public.%I attach partition public.%I for values from (%L) to (%L)',
    parent, partition_name, starts, ends);
end
$$;

-- Makes the missing daily partitions from yesterday to `days_ahead` days from today, UTC, and returns how many it made.
-- SECURITY DEFINER, because only the owner of a table may add partitions to it; control calls this at start and hourly.
-- The lock timeout keeps it from queueing behind a long reader, with every later reader queueing behind it.
create function perpetuo_ensure_partitions(days_ahead integer) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp set lock_timeout = '5s' as $$
declare
  today date := (clock_timestamp() at time zone 'UTC')::date;
  created integer := 0;
  parent text;
  day date;
begin
  if days_ahead is null or days_ahead not between 0 and 366 then
    raise exception 'days_ahead is %, but must be from 0 to 366', days_ahead using errcode = 'invalid_parameter_value';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('perpetuo_ensure_partitions', 0));
  foreach parent in array array['request_logs', 'request_log_metadata'] loop
    for step in -1..days_ahead loop
      day := today + step;
      if to_regclass(format('public.%I', parent || '_' || to_char(day, 'YYYYMMDD'))) is null then
        perform perpetuo_create_partition(parent, day);
        created := created + 1;
      end if;
    end loop;
  end loop;
  return created;
end
$$;

revoke execute on function perpetuo_create_partition(text, date), perpetuo_ensure_partitions(integer) from public;
