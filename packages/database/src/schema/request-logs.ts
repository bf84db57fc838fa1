import type { AttemptRecord, PlanCandidate } from "@perpetuo/contracts/request-log";
import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, instant, whole } from "./columns.ts";

/**
 * One row per finished request of an authenticated caller; the columns are those of `RequestLogRecord`.
 * Partitioned by day of `created_at` (UTC). No foreign keys: a deleted key must not make a batch fail.
 */
export const requestLogs = pgTable(
  "request_logs",
  {
    id: uuid().notNull(),
    workspace_id: uuid().notNull(),
    api_key_id: uuid().notNull(),
    request_id: text().notNull(),
    endpoint: text().notNull(),
    config_version: integer().notNull(),
    route_id: uuid(),
    requested_model: text(),
    provider: text(),
    provider_key_id: uuid(),
    upstream_model: text(),
    status_code: integer().notNull(),
    error_code: text(),
    error_message: text(),
    streamed: boolean().notNull(),
    usage_estimated: boolean().notNull(),
    input_tokens: whole().notNull(),
    cached_input_tokens: whole().notNull(),
    cache_write_tokens: whole().notNull().default(0),
    cache_write_1h_tokens: whole().notNull().default(0),
    input_audio_tokens: whole().notNull().default(0),
    output_tokens: whole().notNull(),
    reasoning_tokens: whole().notNull(),
    output_audio_tokens: whole().notNull().default(0),
    cost_micros: whole(),
    duration_ms: integer().notNull(),
    time_to_first_byte_ms: integer(),
    overhead_us: integer().notNull(),
    attempts: jsonb().$type<AttemptRecord[]>().notNull(),
    plan: jsonb().$type<PlanCandidate[]>().notNull(),
    metadata: jsonb().$type<Record<string, string>>(),
    user: text(),
    created_at: instant().notNull(),
    /**
     * When the row was written, shortly before its transaction committed. `created_at` is the time of acceptance, so the
     * row of a long stream is minutes behind it when it appears. Null in rows from before the column.
     */
    recorded_at: instant().default(sql`clock_timestamp()`),
  },
  (table) => [
    primaryKey({ columns: [table.id, table.created_at] }),
    index("request_logs_recent_index").on(
      table.workspace_id,
      table.created_at.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // What is new: the live tail reads the last seconds of it.
    index("request_logs_recorded_index").on(table.workspace_id, table.recorded_at),
    index("request_logs_api_key_index").on(
      table.workspace_id,
      table.api_key_id,
      table.created_at.desc().nullsFirst(),
    ),
    index("request_logs_model_index").on(
      table.workspace_id,
      table.requested_model,
      table.created_at.desc().nullsFirst(),
    ),
    index("request_logs_provider_index").on(
      table.workspace_id,
      table.provider,
      table.created_at.desc().nullsFirst(),
    ),
    index("request_logs_status_index").on(
      table.workspace_id,
      table.status_code,
      table.created_at.desc().nullsFirst(),
    ),
    index("request_logs_user_index")
      .on(table.workspace_id, table.user, table.created_at.desc().nullsFirst())
      .where(sql`"user" is not null`),
  ],
);

/**
 * One row per key of a request's metadata, so that a filter on metadata is an equality on text.
 * JSON operators are not leak-proof, and so row-level security keeps them from using an index.
 * Keys and values are cut to `metadataIndexLength` characters. Partitioned like `request_logs`.
 */
export const requestLogMetadata = pgTable(
  "request_log_metadata",
  {
    workspace_id: uuid().notNull(),
    key: text().notNull(),
    value: text().notNull(),
    created_at: instant().notNull(),
    log_id: uuid().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace_id, table.key, table.value, table.created_at, table.log_id] }),
  ],
);

/** Batches that have been committed: a flush that is repeated after a lost answer finds its own row and does nothing. */
export const logBatches = pgTable(
  "log_batches",
  {
    batch_id: text().primaryKey(),
    proxy_id: text().notNull(),
    rows: integer().notNull(),
    committed_at: createdAt(),
  },
  (table) => [index("log_batches_committed_at_index").on(table.committed_at)],
);
