import type { RouteMatch, RouteTargetConfig, RouteTimeouts } from "@perpetuo/contracts/routing";
import { routeStrategies, stickinessModes } from "@perpetuo/contracts/routing";
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
  uuid,
} from "drizzle-orm/pg-core";
import { createdAt, generatedId } from "./columns.ts";
import { workspaces } from "./workspaces.ts";

// Routes and policies are the draft of a workspace's routing rules. The data plane never reads them: it obeys what
// config_versions holds.

/** Rules that routes share. Null leaves the installation's rule in force. */
export const policies = pgTable(
  "policies",
  {
    workspace_id: uuid()
      .notNull()
      .references(() => workspaces.id),
    id: generatedId(),
    name: text().notNull(),
    timeouts: jsonb().$type<RouteTimeouts>().notNull().default({}),
    max_attempts: integer(),
    max_output_tokens: integer(),
    stickiness: text({ enum: stickinessModes }).notNull().default("off"),
    created_at: createdAt(),
    updated_at: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.workspace_id, table.id] })],
);

/** Names are not unique here, so that a rollback can bring a route back beside a younger one; publishing checks them. */
export const routes = pgTable(
  "routes",
  {
    workspace_id: uuid()
      .notNull()
      .references(() => workspaces.id),
    id: generatedId(),
    name: text().notNull(),
    match: jsonb().$type<RouteMatch>().notNull(),
    strategy: text({ enum: routeStrategies }).notNull(),
    /** Ids of provider keys inside are no foreign keys: removing a leaked key must not wait for a route. */
    targets: jsonb().$type<RouteTargetConfig[]>().notNull(),
    policy_id: uuid(),
    /** From 1; the first route that matches a request answers it. */
    position: integer().notNull(),
    enabled: boolean().notNull().default(true),
    created_at: createdAt(),
    updated_at: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace_id, table.id] }),
    foreignKey({
      name: "routes_policy",
      columns: [table.workspace_id, table.policy_id],
      foreignColumns: [policies.workspace_id, policies.id],
    }),
    check("routes_position_positive", sql`${table.position} > 0`),
  ],
);
