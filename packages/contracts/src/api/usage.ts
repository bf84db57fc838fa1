import { z } from "zod";
import { countSchema, idSchema, timestampSchema, usdSchema, workspaceInput } from "./common.ts";
import { usagePeriodFields } from "./usage-series.ts";

const daysSchema = z.int().min(1).max(366);

/** The last `days` calendar days in UTC, today included. Without it: everything since the workspace was made. */
export const usageSummaryInput = workspaceInput.extend({ days: daysSchema.optional() });

export const usageSummaryOutput = z.strictObject({
  total_requests: countSchema,
  /** Answers with status 400 or above, aborted ones not counted. */
  total_errors: countSchema,
  /** Requests whose client left before the answer was complete. */
  total_aborted: countSchema,
  total_input_tokens: countSchema,
  total_output_tokens: countSchema,
  /** Of the requests whose price is known. */
  total_cost_usd: usdSchema,
  /** Requests that used tokens at a price that is not known: `total_cost_usd` lacks them. */
  unpriced_requests: countSchema,
});
export type UsageSummary = z.infer<typeof usageSummaryOutput>;

export const usageBreakdownInput = workspaceInput.extend({ days: daysSchema.default(7) });

const usageFields = {
  requests: countSchema,
  errors: countSchema,
  aborted: countSchema,
  input_tokens: countSchema,
  cached_input_tokens: countSchema,
  cache_write_tokens: countSchema,
  output_tokens: countSchema,
  reasoning_tokens: countSchema,
  cost_usd: usdSchema,
  unpriced_requests: countSchema,
};

/** `provider` is null for requests that never reached a provider. */
export const usageByProviderOutput = z.strictObject({
  days: z.int(),
  items: z.array(z.strictObject({ provider: z.string().nullable(), ...usageFields })),
});

/** `provider` is null for requests that never reached one; `model` is then the requested name, or null. */
export const usageByModelOutput = z.strictObject({
  days: z.int(),
  items: z.array(
    z.strictObject({ provider: z.string().nullable(), model: z.string().nullable(), ...usageFields }),
  ),
});

/** `name` and `prefix` are null when the key has been deleted. */
export const usageByKeyOutput = z.strictObject({
  days: z.int(),
  items: z.array(
    z.strictObject({
      api_key_id: idSchema,
      name: z.string().nullable(),
      prefix: z.string().nullable(),
      ...usageFields,
    }),
  ),
});

/** A year of hours at most. */
export const exportUsageInput = workspaceInput.extend(usagePeriodFields);

/** What one API key used of one model in one bucket. `provider` and `model` are null when the request reached none. */
export const exportedUsageSchema = z.strictObject({
  start: timestampSchema,
  provider: z.string().nullable(),
  model: z.string().nullable(),
  api_key_id: idSchema,
  /** Null when the key has been deleted. */
  api_key_name: z.string().nullable(),
  ...usageFields,
});
export type ExportedUsage = z.infer<typeof exportedUsageSchema>;
