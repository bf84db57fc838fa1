import { index, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, generatedId } from "./columns.ts";

/**
 * Every change of a table in `auditedTables`, written by trigger and by nothing else; append-only.
 * `workspace_id` is null for a change of a user. Secrets are masked before they get here.
 */
export const auditLogs = pgTable(
  "audit_logs",
  {
    id: generatedId().primaryKey(),
    workspace_id: uuid(),
    /** The setting `app.actor`, else the user's id, else the database role that made the change. */
    actor: text().notNull(),
    action: text({ enum: ["insert", "update", "delete"] }).notNull(),
    table_name: text().notNull(),
    /** The row's identity within its workspace. */
    record_id: text().notNull(),
    before: jsonb().$type<Record<string, unknown>>(),
    after: jsonb().$type<Record<string, unknown>>(),
    ip: text(),
    user_agent: text(),
    created_at: createdAt(),
  },
  (table) => [
    index("audit_logs_recent_index").on(
      table.workspace_id,
      table.created_at.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    index("audit_logs_record_index").on(table.workspace_id, table.table_name, table.record_id),
  ],
);
