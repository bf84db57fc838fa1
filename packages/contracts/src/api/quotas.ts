import { z } from "zod";
import { limitsSchema } from "../limits.ts";
import { countSchema, idSchema, timestampSchema, workspaceInput } from "./common.ts";

/** Whom a limit binds: the API key that `api_key_id` names, or, without it, the whole workspace. */
const subjectInput = workspaceInput.extend({ api_key_id: idSchema.optional() });

/** `api_key_id` and `name` are null for the workspace itself. */
const subjectFields = { api_key_id: idSchema.nullable(), name: z.string().nullable() };

const limit = limitsSchema.shape.requests_per_minute.unwrap();

const quotaFields = {
  requests_per_minute: limit.nullable(),
  tokens_per_minute: limit.nullable(),
  concurrent_requests: limit.nullable(),
};

/** Null: no limit of its own. The tightest of key and workspace wins. */
export const quotaSchema = z.strictObject({ ...subjectFields, ...quotaFields });
export type Quota = z.infer<typeof quotaSchema>;

export const getQuotaInput = subjectInput;
/** An absent field keeps its value; null lifts the limit. Holds for new requests at once, without publishing. */
export const setQuotaInput = subjectInput.extend(z.strictObject(quotaFields).partial().shape);

export const quotaStatusInput = workspaceInput;
/** Finished requests of the last 60 s beside the limits, for the workspace and every key that can still be used. */
export const quotaStatusOutput = z.strictObject({
  items: z.array(quotaSchema.extend({ requests_last_minute: countSchema, tokens_last_minute: countSchema })),
});

const budgetFields = { budget_daily_micros: limit.nullable(), budget_monthly_micros: limit.nullable() };

/** Whole micro-dollars (USD) a calendar day and month, UTC. Null: no budget of its own. */
export const budgetSchema = z.strictObject({ ...subjectFields, ...budgetFields });
export type Budget = z.infer<typeof budgetSchema>;

export const getBudgetInput = subjectInput;
/** An absent field keeps its value; null lifts the budget. Holds for new requests at once, without publishing. */
export const setBudgetInput = subjectInput.extend(z.strictObject(budgetFields).partial().shape);

const periodSchema = z.strictObject({
  limit_micros: limit.nullable(),
  /** Finished requests whose price is known. What is under way is reserved in the gateway and not counted here. */
  spent_micros: countSchema,
  /** Null without a budget; never below zero. */
  remaining_micros: countSchema.nullable(),
  /** When the next period starts. */
  resets_at: timestampSchema,
});

export const budgetStatusInput = workspaceInput;
/** What was spent today and this month (UTC), for the workspace and every key that can still be used. */
export const budgetStatusOutput = z.strictObject({
  items: z.array(
    z.strictObject({
      ...subjectFields,
      day: periodSchema,
      month: periodSchema,
      /** Requests of this month that used tokens at a price that is not known: the sums lack them. */
      unpriced_requests: countSchema,
    }),
  ),
});
