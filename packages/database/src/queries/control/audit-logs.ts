import { and, desc, eq, gte, inArray, lt, sql } from "drizzle-orm";
import { users } from "../../schema/accounts.ts";
import { auditLogs } from "../../schema/audit.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** What the trail is narrowed to. `from` is inclusive, `to` exclusive. */
export type AuditFilter = {
  workspace_id: string;
  actor?: string | undefined;
  action?: "insert" | "update" | "delete" | undefined;
  table?: string | undefined;
  record?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
};

export type AuditRow = Omit<typeof auditLogs.$inferSelect, "workspace_id">;

export type AuditPageBounds = { limit: number; after: { created_at: Date; id: string } | null };

const columns = {
  id: auditLogs.id,
  actor: auditLogs.actor,
  action: auditLogs.action,
  table_name: auditLogs.table_name,
  record_id: auditLogs.record_id,
  before: auditLogs.before,
  after: auditLogs.after,
  ip: auditLogs.ip,
  user_agent: auditLogs.user_agent,
  created_at: auditLogs.created_at,
};

/** The changes of a workspace, newest first, after a position. */
export async function listAuditLogs(
  transaction: Transaction,
  filter: AuditFilter,
  page: AuditPageBounds,
): Promise<AuditRow[]> {
  const { actor, action, table, record, from, to } = filter;
  return transaction
    .select(columns)
    .from(auditLogs)
    .where(
      and(
        eq(auditLogs.workspace_id, filter.workspace_id),
        actor === undefined ? undefined : eq(auditLogs.actor, actor),
        action && eq(auditLogs.action, action),
        table === undefined ? undefined : eq(auditLogs.table_name, table),
        record === undefined ? undefined : eq(auditLogs.record_id, record),
        from && gte(auditLogs.created_at, from),
        to && lt(auditLogs.created_at, to),
        page.after === null
          ? undefined
          : sql`(${auditLogs.created_at}, ${auditLogs.id}) < (${page.after.created_at.toISOString()}::timestamptz, ${page.after.id}::uuid)`,
      ),
    )
    .orderBy(desc(auditLogs.created_at), desc(auditLogs.id))
    .limit(page.limit);
}

/** Names of users, by id. */
export async function findUserNames(
  transaction: Transaction,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await transaction
    .select({ id: users.id, name: users.name })
    .from(users)
    .where(inArray(users.id, [...ids]));
  return new Map(rows.map(({ id, name }) => [id, name]));
}
