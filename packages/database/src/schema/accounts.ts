import { sql } from "drizzle-orm";
import { check, index, integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { citext, createdAt, generatedId, instant } from "./columns.ts";

/** People. A user belongs to no workspace; `memberships` ties the two. */
export const users = pgTable("users", {
  id: generatedId().primaryKey(),
  email: citext().notNull().unique(),
  name: text().notNull(),
  password_hash: text().notNull(),
  totp_secret: text(),
  created_at: createdAt(),
});

/** Log-ins. `id` is the SHA-256 of the token; the token itself is stored nowhere. */
export const sessions = pgTable(
  "sessions",
  {
    id: text().primaryKey(),
    user_id: uuid()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** Moves forward while the session is in use. */
    expires_at: instant().notNull(),
    /** The end that no use can postpone. */
    absolute_expires_at: instant().notNull(),
    user_agent: text(),
    ip: text(),
    created_at: createdAt(),
  },
  (table) => [index("sessions_user_id_index").on(table.user_id)],
);

/**
 * Links with which a forgotten password can be set, each once: it is deleted when it is used. `token_hash` is the SHA-256
 * of the token, which is stored nowhere.
 */
export const passwordResets = pgTable(
  "password_resets",
  {
    token_hash: text().primaryKey(),
    user_id: uuid()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    expires_at: instant().notNull(),
    created_at: createdAt(),
  },
  (table) => [index("password_resets_user_id_index").on(table.user_id)],
);

/** Counts of attempts to sign up or log in, by a key such as `login:address:203.0.113.7`, in fixed windows. */
export const authThrottle = pgTable(
  "auth_throttle",
  {
    key: text().notNull(),
    window_start: instant().notNull(),
    count: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.key, table.window_start] }),
    index("auth_throttle_window_start_index").on(table.window_start),
    check("auth_throttle_count_positive", sql`${table.count} > 0`),
  ],
);
