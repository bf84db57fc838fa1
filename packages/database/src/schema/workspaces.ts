import type { Limits } from "@perpetuo/contracts/limits";
import { roles } from "@perpetuo/contracts/roles";
import { sql } from "drizzle-orm";
import { check, index, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { users } from "./accounts.ts";
import { createdAt, generatedId, instant } from "./columns.ts";

/** The tenant. Deletion is soft: `deleted_at` makes it, its keys and its members' access unusable at once. */
export const workspaces = pgTable("workspaces", {
  id: generatedId().primaryKey(),
  slug: text().notNull().unique(),
  name: text().notNull(),
  settings: jsonb().$type<Record<string, unknown>>().notNull().default({}),
  limits: jsonb().$type<Limits>().notNull().default({}),
  created_by: uuid().references(() => users.id, { onDelete: "set null" }),
  created_at: createdAt(),
  deleted_at: instant(),
});

/** What an assistant of the workspace should know and be. */
export const workspaceProfiles = pgTable("workspace_profiles", {
  workspace_id: uuid()
    .primaryKey()
    .references(() => workspaces.id),
  kind: text(),
  specialty: text(),
  description: text(),
  mission: text(),
  contact: jsonb()
    .$type<{ phone?: string; email?: string; address?: string; site?: string }>()
    .notNull()
    .default({}),
  working_hours: jsonb().$type<Record<string, unknown>>().notNull().default({}),
  persona: jsonb().$type<{ personality?: string; behaviour?: string }>().notNull().default({}),
  updated_at: createdAt(),
});

/** A user's role in a workspace. */
export const memberships = pgTable(
  "memberships",
  {
    workspace_id: uuid()
      .notNull()
      .references(() => workspaces.id),
    user_id: uuid()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    role: text({ enum: roles }).notNull(),
    created_at: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace_id, table.user_id] }),
    index("memberships_user_id_index").on(table.user_id),
    check("memberships_role_known", sql`${table.role} in ('viewer', 'member', 'admin', 'owner')`),
  ],
);
