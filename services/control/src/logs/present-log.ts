import type { ExportedLog, LogDetail, LogItem } from "@perpetuo/contracts/api/logs";
import type { ProviderName } from "@perpetuo/contracts/providers";
import type { ExportedLogRow, LogDetailRow, LogRow } from "@perpetuo/database/queries/control/request-logs";
import { toUsd } from "../procedures/present.ts";

export function presentLogItem(row: LogRow): LogItem {
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

export function presentLogDetail(row: LogDetailRow): LogDetail {
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

export function presentExportedLog(row: ExportedLogRow): ExportedLog {
  return { ...presentLogItem(row), error_message: row.error_message, metadata: row.metadata };
}
