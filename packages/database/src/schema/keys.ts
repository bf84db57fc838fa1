import type { Limits } from "@perpetuo/contracts/limits";
import { providerNames } from "@perpetuo/contracts/providers";
import type { ApiKeyScope } from "@perpetuo/contracts/roles";
import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  foreignKey,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from "drizzle-orm/pg-core";
import { users } from "./accounts.ts";
import { createdAt, generatedId, instant } from "./columns.ts";
import { workspaces } from "./workspaces.ts";

// Every identity below is (workspace_id, id), so that neither a unique index nor a foreign key
// tells one workspace what another one has.

/** A workspace's data keys, each wrapped by the master key that `master_key_id` names. */
export const dataKeys = pgTable(
  "data_keys",
  {
    workspace_id: uuid()
      .notNull()
      .references(() => workspaces.id),
    key_id: text().notNull(),
    wrapped_key: text().notNull(),
    master_key_id: text().notNull(),
    created_at: createdAt(),
    /** Set when new secrets are sealed with another key; old ciphertext still opens with this one. */
    retired_at: instant(),
  },
  (table) => [primaryKey({ columns: [table.workspace_id, table.key_id] })],
);

/** A workspace's own credentials for providers, sealed with the data key that `key_id` names. */
export const providerKeys = pgTable(
  "provider_keys",
  {
    workspace_id: uuid()
      .notNull()
      .references(() => workspaces.id),
    id: generatedId(),
    provider: text({ enum: providerNames }).notNull(),
    name: text().notNull(),
    ciphertext: text().notNull(),
    key_id: text().notNull(),
    last_four: text().notNull(),
    base_url: text(),
    /** Null: what `servedWithoutList` says of the provider. */
    models: text().array(),
    /** 1 is tried first. */
    priority: integer().notNull().default(1),
    /** Share among provider keys of equal priority. */
    weight: integer().notNull().default(1),
    enabled: boolean().notNull().default(true),
    created_by: uuid().references(() => users.id, { onDelete: "set null" }),
    created_at: createdAt(),
    updated_at: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace_id, table.id] }),
    unique("provider_keys_workspace_id_name_unique").on(table.workspace_id, table.name),
    foreignKey({
      name: "provider_keys_data_key",
      columns: [table.workspace_id, table.key_id],
      foreignColumns: [dataKeys.workspace_id, dataKeys.key_id],
    }),
    check("provider_keys_priority_positive", sql`${table.priority} > 0`),
    check("provider_keys_weight_positive", sql`${table.weight} > 0`),
  ],
);

/** Credentials of client applications. Only the SHA-256 (hex) of the text is stored, and a prefix to show. */
export const apiKeys = pgTable(
  "api_keys",
  {
    workspace_id: uuid()
      .notNull()
      .references(() => workspaces.id),
    id: generatedId(),
    name: text().notNull(),
    prefix: text().notNull(),
    /** Unique over all workspaces, because the text alone finds the workspace; 160 random bits make it no oracle. */
    key_hash: text().notNull().unique(),
    scopes: text().array().$type<ApiKeyScope[]>().notNull().default(sql`'{gateway}'::text[]`),
    /** Models that the key may ask for; null allows every model of the workspace. */
    models: text().array(),
    limits: jsonb().$type<Limits>().notNull().default({}),
    /** Hidden keys, such as the playground's, are left out of lists. */
    hidden: boolean().notNull().default(false),
    expires_at: instant(),
    revoked_at: instant(),
    created_by: uuid().references(() => users.id, { onDelete: "set null" }),
    created_at: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace_id, table.id] }),
    check("api_keys_key_hash_is_sha256", sql`${table.key_hash} ~ '^[0-9a-f]{64}$'`),
  ],
);
