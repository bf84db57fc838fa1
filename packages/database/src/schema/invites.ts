import { roles } from "@perpetuo/contracts/roles";
import { sql } from "drizzle-orm";
import { check, index, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { users } from "./accounts.ts";
import { citext, createdAt, generatedId, instant } from "./columns.ts";
import { workspaces } from "./workspaces.ts";

/**
 * Invitations into a workspace, each for one e-mail address and one role. `token_hash` is the SHA-256 of the token,
 * which is stored nowhere. An invitation is pending while it is neither accepted, revoked nor expired.
 */
export const invites = pgTable(
  "invites",
  {
    workspace_id: uuid()
      .notNull()
      .references(() => workspaces.id),
    id: generatedId(),
    email: citext().notNull(),
    role: text({ enum: roles }).notNull(),
    token_hash: text().notNull().unique(),
    invited_by: uuid()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    expires_at: instant().notNull(),
    accepted_at: instant(),
    revoked_at: instant(),
    created_at: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace_id, table.id] }),
    // A second invitation to the same address takes the place of the first.
    uniqueIndex("invites_open_email")
      .on(table.workspace_id, table.email)
      .where(sql`accepted_at is null and revoked_at is null`),
    index("invites_invited_by_index").on(table.workspace_id, table.invited_by),
    check("invites_role_known", sql`${table.role} in ('viewer', 'member', 'admin', 'owner')`),
    check("invites_ends_once", sql`${table.accepted_at} is null or ${table.revoked_at} is null`),
  ],
);
