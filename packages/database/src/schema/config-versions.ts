import type { ConfigSnapshot } from "@perpetuo/contracts/routing";
import { sql } from "drizzle-orm";
import { check, integer, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { users } from "./accounts.ts";
import { createdAt } from "./columns.ts";
import { workspaces } from "./workspaces.ts";

/** Published configs. A trigger refuses every change of a row: rolling back publishes an old snapshot as a new version. */
export const configVersions = pgTable(
  "config_versions",
  {
    workspace_id: uuid()
      .notNull()
      .references(() => workspaces.id),
    version: integer().notNull(),
    snapshot: jsonb().$type<ConfigSnapshot>().notNull(),
    /** SHA-256 (hex) of the snapshot's canonical text. */
    checksum: text().notNull(),
    published_by: uuid().references(() => users.id),
    published_at: createdAt(),
    note: text(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace_id, table.version] }),
    check("config_versions_version_positive", sql`${table.version} > 0`),
  ],
);
