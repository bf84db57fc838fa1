import { and, desc, eq, gte, ilike, lt, lte, or, type SQL, sql } from "drizzle-orm";
import { metadataIndexLength } from "../../metadata-index.ts";
import { requestLogMetadata, requestLogs } from "../../schema/request-logs.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** Where a page begins: after this row, in the order newest first. */
export type LogPosition = { created_at: Date; id: string };

/** What a list of requests is narrowed to. `from` is inclusive, `to` exclusive. */
export type LogFilter = {
  workspace_id: string;
  from?: Date | undefined;
  to?: Date | undefined;
  provider?: string | undefined;
  model?: string | undefined;
  api_key_id?: string | undefined;
  /** Inclusive bounds of the HTTP status; all of them must hold. */
  statuses?: { from: number; to: number }[] | undefined;
  /** Part of the request id, model, error or user, whatever its case. */
  text?: string | undefined;
  metadata?: { key: string; value: string } | undefined;
};

/** What a list shows of each request. */
export const listColumns = {
  id: requestLogs.id,
  request_id: requestLogs.request_id,
  api_key_id: requestLogs.api_key_id,
  endpoint: requestLogs.endpoint,
  requested_model: requestLogs.requested_model,
  provider: requestLogs.provider,
  upstream_model: requestLogs.upstream_model,
  status_code: requestLogs.status_code,
  error_code: requestLogs.error_code,
  streamed: requestLogs.streamed,
  usage_estimated: requestLogs.usage_estimated,
  input_tokens: requestLogs.input_tokens,
  cached_input_tokens: requestLogs.cached_input_tokens,
  cache_write_tokens: requestLogs.cache_write_tokens,
  output_tokens: requestLogs.output_tokens,
  reasoning_tokens: requestLogs.reasoning_tokens,
  cost_micros: requestLogs.cost_micros,
  duration_ms: requestLogs.duration_ms,
  time_to_first_byte_ms: requestLogs.time_to_first_byte_ms,
  overhead_us: requestLogs.overhead_us,
  attempt_count: sql<number>`jsonb_array_length(${requestLogs.attempts})`,
  user: requestLogs.user,
  created_at: requestLogs.created_at,
};

const detailColumns = {
  ...listColumns,
  provider_key_id: requestLogs.provider_key_id,
  route_id: requestLogs.route_id,
  config_version: requestLogs.config_version,
  error_message: requestLogs.error_message,
  cache_write_1h_tokens: requestLogs.cache_write_1h_tokens,
  input_audio_tokens: requestLogs.input_audio_tokens,
  output_audio_tokens: requestLogs.output_audio_tokens,
  metadata: requestLogs.metadata,
  attempts: requestLogs.attempts,
  plan: requestLogs.plan,
};

type Row<TColumns extends keyof typeof requestLogs.$inferSelect> = Pick<
  typeof requestLogs.$inferSelect,
  TColumns
>;

export type LogRow = Row<Exclude<keyof typeof listColumns, "attempt_count">> & { attempt_count: number };
export type LogDetailRow = LogRow &
  Row<
    | "provider_key_id"
    | "route_id"
    | "config_version"
    | "error_message"
    | "cache_write_1h_tokens"
    | "input_audio_tokens"
    | "output_audio_tokens"
    | "metadata"
    | "attempts"
    | "plan"
  >;

/** A row of an export. */
export type ExportedLogRow = LogRow & Row<"error_message" | "metadata">;

export type LogPageBounds = { limit: number; offset: number; after: LogPosition | null };

/** Newest first: the rows after a position, or after so many rows. */
export async function listRequestLogs(
  transaction: Transaction,
  filter: LogFilter,
  page: LogPageBounds,
): Promise<LogRow[]> {
  return selectRequestLogs(transaction, filter, page);
}

/** The query of `listRequestLogs`, not yet run, so that a test can look at its plan. */
export function selectRequestLogs(transaction: Transaction, filter: LogFilter, page: LogPageBounds) {
  return transaction
    .select(listColumns)
    .from(requestLogs)
    .where(isOnPage(filter, page.after))
    .orderBy(...newestFirst)
    .limit(page.limit)
    .offset(page.offset);
}

/** A part of an export, newest first: so many rows after a position. */
export async function listExportedLogs(
  transaction: Transaction,
  filter: LogFilter,
  page: Omit<LogPageBounds, "offset">,
): Promise<ExportedLogRow[]> {
  return transaction
    .select({ ...listColumns, error_message: requestLogs.error_message, metadata: requestLogs.metadata })
    .from(requestLogs)
    .where(isOnPage(filter, page.after))
    .orderBy(...newestFirst)
    .limit(page.limit);
}

const newestFirst = [desc(requestLogs.created_at), desc(requestLogs.id)];

function isOnPage(filter: LogFilter, after: LogPosition | null): SQL | undefined {
  return and(matchesLogFilter(filter), after === null ? undefined : isAfter(after));
}

/** Counts the rows that match, but stops at `limit`: the rest of a large table is not read. */
export async function countRequestLogs(
  transaction: Transaction,
  filter: LogFilter,
  limit: number,
): Promise<number> {
  const matching = transaction
    .select({ one: sql`1`.as("one") })
    .from(requestLogs)
    .where(matchesLogFilter(filter))
    .limit(limit)
    .as("matching");
  const [row] = await transaction.select({ count: sql<number>`count(*)::integer` }).from(matching);
  return row?.count ?? 0;
}

export async function findRequestLog(
  transaction: Transaction,
  log: { workspace_id: string; id: string },
): Promise<LogDetailRow | null> {
  const [row] = await transaction
    .select(detailColumns)
    .from(requestLogs)
    .where(and(eq(requestLogs.workspace_id, log.workspace_id), eq(requestLogs.id, log.id)))
    .limit(1);
  return row ?? null;
}

/** The condition of a filter, its workspace included. */
export function matchesLogFilter(filter: LogFilter): SQL | undefined {
  const { from, to, provider, model, api_key_id, statuses = [], text, metadata } = filter;
  return and(
    eq(requestLogs.workspace_id, filter.workspace_id),
    from && gte(requestLogs.created_at, from),
    to && lt(requestLogs.created_at, to),
    provider === undefined ? undefined : eq(requestLogs.provider, provider),
    model === undefined
      ? undefined
      : or(eq(requestLogs.requested_model, model), eq(requestLogs.upstream_model, model)),
    api_key_id === undefined ? undefined : eq(requestLogs.api_key_id, api_key_id),
    ...statuses.flatMap((range) => [
      gte(requestLogs.status_code, range.from),
      lte(requestLogs.status_code, range.to),
    ]),
    text === undefined ? undefined : containsText(text),
    metadata && hasMetadata({ ...metadata, workspace_id: filter.workspace_id }),
  );
}

/** `%`, `_` and `\` stand for themselves. */
function containsText(text: string): SQL | undefined {
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  return or(
    ilike(requestLogs.request_id, pattern),
    ilike(requestLogs.requested_model, pattern),
    ilike(requestLogs.error_code, pattern),
    ilike(requestLogs.error_message, pattern),
    ilike(requestLogs.user, pattern),
  );
}

/**
 * By the extracted table, because operators on JSON are not leak-proof and so cannot use an index under row-level
 * security. The row's time is part of the join, so that only its own partition is looked at.
 */
function hasMetadata(wanted: { workspace_id: string; key: string; value: string }): SQL {
  const { workspace_id, key, value } = wanted;
  return sql`(${requestLogs.created_at}, ${requestLogs.id}) in (
    select ${requestLogMetadata.created_at}, ${requestLogMetadata.log_id} from ${requestLogMetadata}
    where ${requestLogMetadata.workspace_id} = ${workspace_id}
      and ${requestLogMetadata.key} = ${key.slice(0, metadataIndexLength)}
      and ${requestLogMetadata.value} = ${value.slice(0, metadataIndexLength)})`;
}

function isAfter({ created_at, id }: LogPosition): SQL {
  return sql`(${requestLogs.created_at}, ${requestLogs.id}) < (${created_at.toISOString()}::timestamptz, ${id}::uuid)`;
}
