import { z } from "zod";
import { providerNameSchema } from "../providers.ts";
import { countSchema, idSchema, textSchema, timestampSchema, usdSchema, workspaceInput } from "./common.ts";

/** A page's `total` is exact up to here; beyond, `total_is_capped` is true. */
export const exactTotalLimit = 10_000;

/** One request that reached the gateway. */
export const logItemSchema = z.strictObject({
  id: idSchema,
  /** The `x-request-id` of the answer, which the client may have chosen. */
  request_id: z.string(),
  api_key_id: idSchema,
  endpoint: z.string(),
  requested_model: z.string().nullable(),
  /** The provider that answered; null when the request never reached one. */
  provider_used: providerNameSchema.nullable(),
  /** The model that answered, or else the one that was asked for. */
  model: z.string().nullable(),
  /** What the client saw; 499 when it left before its answer was complete. */
  status_code: z.int(),
  error_code: z.string().nullable(),
  streamed: z.boolean(),
  input_tokens: countSchema,
  cached_input_tokens: countSchema,
  cache_write_tokens: countSchema,
  output_tokens: countSchema,
  reasoning_tokens: countSchema,
  usage_estimated: z.boolean(),
  /** The sum over the attempts; null when tokens were used at an unknown price, or nothing is known of any attempt. */
  cost_usd: usdSchema.nullable(),
  duration_ms: z.number().nonnegative(),
  time_to_first_byte_ms: z.number().nonnegative().nullable(),
  /** The gateway's own share of the duration, in microseconds. */
  overhead_us: z.number().nonnegative(),
  attempt_count: countSchema,
  user: z.string().nullable(),
  created_at: timestampSchema,
});
export type LogItem = z.infer<typeof logItemSchema>;

/** One call to one target. Times are milliseconds since the request was accepted. */
export const logAttemptSchema = z.strictObject({
  provider: providerNameSchema,
  provider_key_id: idSchema,
  upstream_model: z.string(),
  outcome: z.enum(["ok", "failed", "refused", "indeterminate", "aborted"]),
  status: z.int().nullable(),
  error: z.string().nullable(),
  /** What the provider counted; null where nobody did although the call may be billed. */
  input_tokens: countSchema.nullable(),
  output_tokens: countSchema.nullable(),
  /** Null when the tokens or their price are not known. */
  cost_usd: usdSchema.nullable(),
  started_ms: z.number(),
  first_byte_ms: z.number().nullable(),
  duration_ms: z.number(),
});

/** Why a candidate was chosen or passed over. */
export const logPlanCandidateSchema = z.strictObject({
  provider_key_id: idSchema,
  /** Null: a route names a provider key that is disabled or removed. */
  provider: providerNameSchema.nullable(),
  upstream_model: z.string(),
  verdict: z.enum(["target", "skipped"]),
  reason: z.string(),
});

export const logDetailSchema = logItemSchema.extend({
  provider_key_id: idSchema.nullable(),
  upstream_model: z.string().nullable(),
  route_id: idSchema.nullable(),
  config_version: z.int(),
  error_message: z.string().nullable(),
  /** Of the tokens written to the cache, those that are kept for an hour. */
  cache_write_1h_tokens: countSchema,
  input_audio_tokens: countSchema,
  output_audio_tokens: countSchema,
  metadata: z.record(z.string(), z.string()).nullable(),
  attempts: z.array(logAttemptSchema),
  plan: z.array(logPlanCandidateSchema),
});
export type LogDetail = z.infer<typeof logDetailSchema>;

/** What a list of requests can be narrowed to. */
const logFilterFields = {
  /** Inclusive. */
  from: timestampSchema.optional(),
  /** Exclusive. */
  to: timestampSchema.optional(),
  provider: providerNameSchema.optional(),
  /** The model that was asked for or that answered, exactly. */
  model: textSchema(200).optional(),
  api_key_id: idSchema.optional(),
  status: z.enum(["success", "client_error", "server_error"]).optional(),
  status_code: z.int().min(100).max(599).optional(),
  /** Part of the request id, model, error or user; upper and lower case are the same. */
  text: textSchema(200).optional(),
  metadata_key: textSchema(64).optional(),
  metadata_value: textSchema(512).optional(),
};

const logFilterInput = workspaceInput.extend(logFilterFields);
export type LogFilterInput = z.output<typeof logFilterInput>;

/** A value of metadata without its key, or a key without a value, would match nothing that anybody means. */
const hasWholeMetadata = (input: {
  metadata_key?: string | undefined;
  metadata_value?: string | undefined;
}) => (input.metadata_key === undefined) === (input.metadata_value === undefined);
const halfMetadata = { path: ["metadata_value"], message: "must be given together with metadata_key" };

/**
 * Newest first. `page` reaches the first 10,000 rows; `cursor` (the `next_cursor` of the answer before) reaches all
 * of them and does not shift when new rows arrive.
 */
export const listLogsInput = logFilterInput
  .extend({
    page: z.int().min(1).optional(),
    cursor: z.string().max(200).optional(),
    limit: z.int().min(1).max(200).default(50),
  })
  .refine((input) => input.page === undefined || input.cursor === undefined, {
    path: ["cursor"],
    message: "cannot be combined with page",
  })
  .refine(hasWholeMetadata, halfMetadata);
export type ListLogsInput = z.output<typeof listLogsInput>;

export const listLogsOutput = z.strictObject({
  items: z.array(logItemSchema),
  /** Exact up to 10,000. */
  total: countSchema,
  total_is_capped: z.boolean(),
  /** Null when the call gave a cursor. */
  page: z.int().nullable(),
  limit: z.int(),
  /** Null on the last page. */
  next_cursor: z.string().nullable(),
});
export type LogPage = z.infer<typeof listLogsOutput>;

export const getLogInput = workspaceInput.extend({ log_id: idSchema });

/** All matching requests, newest first, or so many of them. */
export const exportLogsInput = logFilterInput
  .extend({ limit: z.int().min(1).optional() })
  .refine(hasWholeMetadata, halfMetadata);

/** One row of an export. */
export const exportedLogSchema = logItemSchema.extend({
  error_message: z.string().nullable(),
  metadata: z.record(z.string(), z.string()).nullable(),
});
export type ExportedLog = z.infer<typeof exportedLogSchema>;

/**
 * Requests as they are recorded, from now on, or after an earlier event. `lastEventId` has tRPC's own spelling, because
 * its clients fill it in when they connect again.
 */
export const tailLogsInput = logFilterInput
  .omit({ from: true, to: true })
  .extend({ lastEventId: z.string().max(200).optional() })
  .refine(hasWholeMetadata, halfMetadata);

/**
 * One request. After a reconnection those of the ten seconds before come once more: drop the ids that you have.
 * `skipped`: at least so many requests before this one were left out, because they came faster than they were read, or
 * the reader was away for too long; `logs.list` has them.
 */
export const tailedLogSchema = z.strictObject({ request: logItemSchema, skipped: countSchema });
export type TailedLog = z.infer<typeof tailedLogSchema>;
