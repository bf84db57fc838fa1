import { getTableName, is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { auditedTables, unauditedTables } from "./audited-tables.ts";
import { type Database, openDatabase } from "./connection.ts";
import { serviceRoles } from "./roles.ts";
import * as accounts from "./schema/accounts.ts";
import * as audit from "./schema/audit.ts";
import * as configVersions from "./schema/config-versions.ts";
import * as invites from "./schema/invites.ts";
import * as keys from "./schema/keys.ts";
import * as prices from "./schema/prices.ts";
import * as requestLogs from "./schema/request-logs.ts";
import * as routes from "./schema/routes.ts";
import * as usage from "./schema/usage.ts";
import * as workspaces from "./schema/workspaces.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";

let testDatabase: TestDatabase;
let administrator: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  administrator = openDatabase(testDatabase.administratorUrl, { max: 1, applicationName: "test" });
});

afterAll(async () => {
  await administrator[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

/** The first column of a query's rows, sorted. */
async function list(query: string): Promise<string[]> {
  const rows = await administrator.sql.unsafe(query).values();
  return rows.map((row) => String(row[0])).sort();
}

const tablesWithWorkspace = `
  select oid, relname, relrowsecurity, relforcerowsecurity, relispartition from pg_class
  where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
    and (relname = 'workspaces' or exists (
      select from pg_attribute where attrelid = pg_class.oid and attname = 'workspace_id' and not attisdropped))`;

test("catalogue · the query for workspace tables finds tables and partitions", async () => {
  const tables = await list(`select relname from (${tablesWithWorkspace}) as found`);
  expect(tables).toEqual(
    expect.arrayContaining(["api_keys", "request_logs", "request_logs_default", "workspaces"]),
  );
  expect(tables.filter((name) => /^request_logs_\d{8}$/.test(name))).toHaveLength(16);
});

test("catalogue · every table with workspace_id has forced row-level security", async () => {
  const query = `select relname from (${tablesWithWorkspace}) as found where not (relrowsecurity and relforcerowsecurity)`;
  expect(await list(query)).toEqual([]);
});

test("catalogue · every table with workspace_id has a policy for everyone with USING and WITH CHECK", async () => {
  const query = `
    select relname from (${tablesWithWorkspace}) as found where not exists (
      select from pg_policy where polrelid = found.oid and polname = 'workspace_isolation' and polcmd = '*'
        and polroles = '{0}' and polpermissive
        and pg_get_expr(polqual, polrelid) like '%app.workspace_id%'
        and pg_get_expr(polwithcheck, polrelid) like '%app.workspace_id%')`;
  expect(await list(query)).toEqual([]);
});

test("catalogue · a table without workspace_id is one of the known few", async () => {
  const query = `
    select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
      and oid not in (select oid from (${tablesWithWorkspace}) as found)`;
  expect(await list(query)).toEqual([
    "auth_throttle",
    "log_batches",
    "model_prices",
    "password_resets",
    "sessions",
    "users",
  ]);
});

test("catalogue · every other policy is one of the known exceptions", async () => {
  const query = `
    select format('%s: %s on %s', coalesce(string_agg(rolname, ', '), 'everyone'), polname, polrelid::regclass)
    from pg_policy left join pg_roles on pg_roles.oid = any (polroles)
    where polname <> 'workspace_isolation' group by pg_policy.oid, polname, polrelid`;
  expect(await list(query)).toEqual(
    [
      ...[
        "workspaces",
        "api_keys",
        "provider_keys",
        "data_keys",
        "config_versions",
        "model_price_overrides",
      ].map((table) => `perpetuo_proxy: proxy_reads on ${table}`),
      ...[
        "request_logs",
        "request_log_metadata",
        "usage_counters",
        "usage_hourly",
        "api_key_usage",
        "provider_key_health",
      ].map((table) => `perpetuo_proxy: proxy_settles on ${table}`),
      "everyone: own_account_history on audit_logs",
      "everyone: own_memberships on memberships",
      "everyone: own_workspaces on workspaces",
      "perpetuo_owner: owner_drains on request_log_metadata_default",
      "perpetuo_owner: owner_drains on request_logs_default",
      "perpetuo_owner: owner_enumerates on workspaces",
      "perpetuo_owner: owner_records on audit_logs",
    ].sort(),
  );
});

test("catalogue · neither the owner nor a service role can bypass row-level security", async () => {
  const query = "select rolname from pg_roles where rolname like 'perpetuo%' and (rolsuper or rolbypassrls)";
  expect(await list(query)).toEqual([]);
});

test("catalogue · a service role can log in and do nothing else: no rights, no membership, nothing owned", async () => {
  const names = serviceRoles.map((role) => `'${role}'`).join(", ");
  const plain = `select rolname from pg_roles where rolname in (${names}) and rolcanlogin
    and not (rolcreaterole or rolcreatedb or rolreplication)`;
  expect(await list(plain)).toEqual([...serviceRoles]);
  const owned = `select relname from pg_class join pg_roles on pg_roles.oid = relowner where rolname in (${names})`;
  expect(await list(owned)).toEqual([]);
  const member = `select 1 from pg_auth_members join pg_roles on pg_roles.oid = member where rolname in (${names})`;
  expect(await list(member)).toEqual([]);
  const creators = `select r from unnest(array[${names}]) as r where has_schema_privilege(r, 'public', 'create')`;
  expect(await list(creators)).toEqual([]);
});

test("catalogue · there are no views, which would hide whose policies apply", async () => {
  const query = `
    select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')`;
  expect(await list(query)).toEqual([]);
});

const ownFunctions = `
  from pg_proc where pronamespace = 'public'::regnamespace and not exists (
    select from pg_depend where objid = pg_proc.oid and deptype = 'e')`;

test("catalogue · only the known functions run with the owner's rights, and all pin their search_path", async () => {
  expect(await list(`select proname ${ownFunctions} and prosecdef`)).toEqual([
    "perpetuo_audit",
    "perpetuo_ensure_partitions",
  ]);
  const unpinned = `select proname ${ownFunctions} and not exists (
    select from unnest(proconfig) as setting where setting like 'search_path=pg_catalog, %pg_temp')`;
  expect(await list(unpinned)).toEqual([]);
});

test("catalogue · nobody but the named roles may call the functions", async () => {
  const query = `select format('%s: %s', grantee::regrole, proname) from (
    select proname, (aclexplode(proacl)).grantee, proowner ${ownFunctions}) as grants where grantee <> proowner`;
  expect(await list(query)).toEqual([
    "perpetuo_control: perpetuo_ensure_partitions",
    "perpetuo_proxy: perpetuo_add_histograms",
    "perpetuo_worker: perpetuo_ensure_partitions",
  ]);
  expect(await list(`select proname ${ownFunctions} and proacl is null`)).toEqual([]);
});

test("catalogue · no service role may truncate, refer to or add triggers to a table", async () => {
  const query = `select table_name from information_schema.table_privileges
    where grantee in ('perpetuo_control', 'perpetuo_proxy', 'perpetuo_worker', 'PUBLIC') and table_schema = 'public'
      and privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER')`;
  expect(await list(query)).toEqual([]);
});

test("catalogue · a foreign key into a workspace table carries the workspace", async () => {
  const query = `
    select conname from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace
      and exists (select from pg_attribute where attrelid = confrelid and attname = 'workspace_id')
      and not exists (
        select from pg_attribute where attrelid = confrelid and attname = 'workspace_id' and attnum = any (confkey))`;
  expect(await list(query)).toEqual([]);
});

test("catalogue · what settlement writes has no foreign keys", async () => {
  const query = `
    select conname from pg_constraint where contype = 'f' and conrelid::regclass::text in (
      'request_logs', 'request_log_metadata', 'log_batches', 'usage_counters', 'usage_hourly', 'api_key_usage',
      'provider_key_health')`;
  expect(await list(query)).toEqual([]);
});

test("catalogue · a unique index of a workspace table begins with the workspace, but for unguessable values", async () => {
  const query = `
    select indexrelid::regclass::text from pg_index join (${tablesWithWorkspace}) as found on found.oid = indrelid
    where indisunique and not relispartition and relname <> 'workspaces' and indkey[0] <> (
      select attnum from pg_attribute where attrelid = indrelid and attname = 'workspace_id')`;
  expect(await list(query)).toEqual([
    "api_keys_key_hash_unique",
    "audit_logs_pkey",
    "invites_token_hash_unique",
    "request_logs_id_created_at_pk",
  ]);
});

test("catalogue · every table takes a side on the audit trail, and the triggers agree", async () => {
  const all = `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
    and not relispartition`;
  expect([...auditedTables, ...Object.keys(unauditedTables)].sort()).toEqual(await list(all));
  // 29 = row trigger (1) + insert (4) + delete (8) + update (16), after the change.
  const audited = `select tgrelid::regclass::text from pg_trigger
    where tgfoid = 'perpetuo_audit'::regproc and tgtype = 29 and tgenabled = 'O'`;
  expect(await list(audited)).toEqual([...auditedTables]);
});

test("catalogue · the Drizzle schema has the database's tables, columns and nullability", async () => {
  const modules = [
    accounts,
    audit,
    configVersions,
    invites,
    keys,
    prices,
    requestLogs,
    routes,
    usage,
    workspaces,
  ];
  const described = modules.flatMap((module) => Object.values(module).filter((value) => is(value, PgTable)));
  const fromCode = described.flatMap((table) =>
    getTableConfig(table).columns.map(
      (column) => `${getTableName(table)}.${column.name}: ${column.notNull ? "not null" : "null"}`,
    ),
  );
  const query = `
    select format('%s.%s: %s', relname, attname, case when attnotnull then 'not null' else 'null' end)
    from pg_attribute join pg_class on pg_class.oid = attrelid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
      and attnum > 0 and not attisdropped`;
  expect(fromCode.sort()).toEqual(await list(query));
});
