import {
  exactTotalLimit,
  getLogInput,
  type ListLogsInput,
  type LogDetail,
  type LogItem,
  listLogsInput,
  listLogsOutput,
  logDetailSchema,
} from "@perpetuo/contracts/api/logs";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ProviderName } from "@perpetuo/contracts/providers";
import {
  countRequestLogs,
  findRequestLog,
  type LogDetailRow,
  type LogFilter,
  type LogRow,
  listRequestLogs,
} from "@perpetuo/database/queries/control/request-logs";
import { cutPage, decodeRowCursor } from "../row-cursor.ts";
import { readTimeRange } from "../time-range.ts";
import { router, workspaceProcedure } from "./base.ts";
import { toUsd } from "./present.ts";

const statusRanges = {
  success: { from: 200, to: 399 },
  client_error: { from: 400, to: 499 },
  server_error: { from: 500, to: 599 },
};

export const logsRouter = router({
  list: workspaceProcedure("logs.list")
    .input(listLogsInput)
    .output(listLogsOutput)
    .query(async ({ ctx, input }) => {
      const { limit } = input;
      const page = input.cursor === undefined ? (input.page ?? 1) : null;
      const after = input.cursor === undefined ? null : decodeRowCursor(input.cursor);
      const offset = page === null ? 0 : offsetOf(page, limit);
      const filter = filterOf(input);
      const { rows, count } = await ctx.inWorkspace(async (transaction) => ({
        rows: await listRequestLogs(transaction, filter, { limit: limit + 1, offset, after }),
        count: await countRequestLogs(transaction, filter, exactTotalLimit + 1),
      }));
      const { shown, next_cursor } = cutPage(rows, limit);
      return {
        items: shown.map(presentLogItem),
        total: Math.min(count, exactTotalLimit),
        total_is_capped: count > exactTotalLimit,
        page,
        limit,
        next_cursor,
      };
    }),

  get: workspaceProcedure("logs.list")
    .input(getLogInput)
    .output(logDetailSchema)
    .query(async ({ ctx, input: { workspace_id, log_id } }) => {
      const row = await ctx.inWorkspace((transaction) =>
        findRequestLog(transaction, { workspace_id, id: log_id }),
      );
      if (row === null) throw new PerpetuoError("not_found", { message: "There is no such request." });
      return presentLogDetail(row);
    }),
});

/** Pages reach the rows that `total` counts exactly; skipping more would read and drop them all. */
function offsetOf(page: number, limit: number): number {
  const offset = (page - 1) * limit;
  if (offset >= exactTotalLimit) {
    throw new PerpetuoError("invalid_request", {
      message: `page: pages reach the first ${exactTotalLimit} requests. Go on with cursor.`,
      param: "page",
    });
  }
  return offset;
}

function filterOf(input: ListLogsInput): LogFilter {
  const { workspace_id, provider, model, api_key_id, text } = input;
  return {
    workspace_id,
    provider,
    model,
    api_key_id,
    text,
    ...readTimeRange(input),
    statuses: statusesOf(input),
    metadata:
      input.metadata_key === undefined || input.metadata_value === undefined
        ? undefined
        : { key: input.metadata_key, value: input.metadata_value },
  };
}

function statusesOf({ status, status_code }: ListLogsInput): LogFilter["statuses"] {
  return [
    ...(status === undefined ? [] : [statusRanges[status]]),
    ...(status_code === undefined ? [] : [{ from: status_code, to: status_code }]),
  ];
}

function presentLogItem(row: LogRow): LogItem {
  return {
    id: row.id,
    request_id: row.request_id,
    api_key_id: row.api_key_id,
    endpoint: row.endpoint,
    requested_model: row.requested_model,
    provider_used: row.provider as ProviderName | null,
    model: row.upstream_model ?? row.requested_model,
    status_code: row.status_code,
    error_code: row.error_code,
    streamed: row.streamed,
    input_tokens: row.input_tokens,
    cached_input_tokens: row.cached_input_tokens,
    cache_write_tokens: row.cache_write_tokens,
    output_tokens: row.output_tokens,
    reasoning_tokens: row.reasoning_tokens,
    usage_estimated: row.usage_estimated,
    cost_usd: row.cost_micros === null ? null : toUsd(row.cost_micros),
    duration_ms: row.duration_ms,
    time_to_first_byte_ms: row.time_to_first_byte_ms,
    overhead_us: row.overhead_us,
    attempt_count: row.attempt_count,
    user: row.user,
    created_at: row.created_at.toISOString(),
  };
}

function presentLogDetail(row: LogDetailRow): LogDetail {
  return {
    ...presentLogItem(row),
    provider_key_id: row.provider_key_id,
    upstream_model: row.upstream_model,
    route_id: row.route_id,
    config_version: row.config_version,
    error_message: row.error_message,
    metadata: row.metadata,
    cache_write_1h_tokens: row.cache_write_1h_tokens,
    input_audio_tokens: row.input_audio_tokens,
    output_audio_tokens: row.output_audio_tokens,
    attempts: row.attempts.map(presentAttempt),
    plan: row.plan,
  };
}

/** Attempts that were written before they had a cost of their own lack it. */
function presentAttempt({ cost_micros = null, ...attempt }: LogDetailRow["attempts"][number]) {
  return {
    ...attempt,
    input_tokens: attempt.input_tokens ?? null,
    output_tokens: attempt.output_tokens ?? null,
    cost_usd: cost_micros === null ? null : toUsd(cost_micros),
  };
}
