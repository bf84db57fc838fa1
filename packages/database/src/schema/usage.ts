import { bigint, index, integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant, whole } from "./columns.ts";

// What settlement writes: no foreign keys, no audit.

const sums = () => ({
  requests: whole().notNull(),
  /** Answers with status 400 or above, but for the aborted ones. */
  errors: whole().notNull(),
  /** Requests whose client left before its answer was complete (499). */
  aborted: whole().notNull(),
  input_tokens: whole().notNull(),
  cached_input_tokens: whole().notNull(),
  cache_write_tokens: whole().notNull().default(0),
  output_tokens: whole().notNull(),
  reasoning_tokens: whole().notNull(),
  /** Micro-dollars, of the requests whose price is known. */
  cost_micros: whole().notNull(),
  /** Requests that used tokens and whose price is not known. */
  unpriced_requests: whole().notNull(),
});

/** Lifetime totals of a workspace. */
export const usageCounters = pgTable("usage_counters", {
  workspace_id: uuid().primaryKey(),
  ...sums(),
});

/** Sums by hour of acceptance (UTC); what charts and budgets read. */
export const usageHourly = pgTable(
  "usage_hourly",
  {
    workspace_id: uuid().notNull(),
    hour: instant().notNull(),
    /** Empty when no provider answered. */
    provider: text().notNull(),
    /** The upstream's name of the model, else the requested one, else empty. */
    model: text().notNull(),
    api_key_id: uuid().notNull(),
    ...sums(),
    /** Requests by duration; the bounds are in `latency-histogram.ts`. */
    latency_histogram: bigint({ mode: "number" }).array().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace_id, table.hour, table.provider, table.model, table.api_key_id] }),
    // A key's budget is rebuilt from its own rows of a month, however many the workspace has.
    index("usage_hourly_api_key").on(table.workspace_id, table.api_key_id, table.hour),
  ],
);

/** When an API key was last used. */
export const apiKeyUsage = pgTable(
  "api_key_usage",
  {
    workspace_id: uuid().notNull(),
    api_key_id: uuid().notNull(),
    requests: whole().notNull(),
    last_used_at: instant().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspace_id, table.api_key_id] })],
);

/** How the last call with a provider key ended. A request that the provider refused for its content counts as healthy. */
export const providerKeyHealth = pgTable(
  "provider_key_health",
  {
    workspace_id: uuid().notNull(),
    provider_key_id: uuid().notNull(),
    last_outcome: text({ enum: ["healthy", "failing"] }).notNull(),
    /** HTTP status of the last attempt; null when there was no answer. */
    last_status: integer(),
    last_error: text(),
    last_attempt_at: instant().notNull(),
    last_success_at: instant(),
    /** Start of the present run of failures; null while healthy. */
    failing_since: instant(),
  },
  (table) => [primaryKey({ columns: [table.workspace_id, table.provider_key_id] })],
);
