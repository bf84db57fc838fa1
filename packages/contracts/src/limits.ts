import { z } from "zod";

const positiveInteger = z.int().positive();

/** Limits of an API key or a workspace; an absent field is no limit. Budgets are integer micro-dollars (USD). */
export const limitsSchema = z.strictObject({
  requests_per_minute: positiveInteger.optional(),
  tokens_per_minute: positiveInteger.optional(),
  concurrent_requests: positiveInteger.optional(),
  budget_daily_micros: positiveInteger.optional(),
  budget_monthly_micros: positiveInteger.optional(),
});
export type Limits = z.infer<typeof limitsSchema>;
