import {
  usageBreakdownInput,
  usageByKeyOutput,
  usageByModelOutput,
  usageByProviderOutput,
  usageSummaryInput,
  usageSummaryOutput,
} from "@perpetuo/contracts/api/usage";
import {
  findLifetimeUsage,
  sumUsage,
  sumUsageByKey,
  sumUsageByModel,
  sumUsageByProvider,
  type UsageSums,
} from "@perpetuo/database/queries/control/usage";
import { router, workspaceProcedure } from "./base.ts";
import { toUsd } from "./present.ts";

const millisecondsPerDay = 24 * 60 * 60 * 1000;

export const usageRouter = router({
  summary: workspaceProcedure("usage.list")
    .input(usageSummaryInput)
    .output(usageSummaryOutput)
    .query(async ({ ctx, input: { workspace_id, days } }) => {
      const sums = await ctx.inWorkspace((transaction) =>
        days === undefined
          ? findLifetimeUsage(transaction, workspace_id)
          : sumUsage(transaction, { workspace_id, since: startOfDays(days) }),
      );
      return {
        total_requests: sums.requests,
        total_errors: sums.errors,
        total_aborted: sums.aborted,
        total_input_tokens: sums.input_tokens,
        total_output_tokens: sums.output_tokens,
        total_cost_usd: toUsd(sums.cost_micros),
        unpriced_requests: sums.unpriced_requests,
      };
    }),

  byProvider: workspaceProcedure("usage.list")
    .input(usageBreakdownInput)
    .output(usageByProviderOutput)
    .query(async ({ ctx, input: { workspace_id, days } }) => {
      const period = { workspace_id, since: startOfDays(days) };
      const rows = await ctx.inWorkspace((transaction) => sumUsageByProvider(transaction, period));
      return { days, items: rows.map((row) => ({ provider: row.provider || null, ...presentSums(row) })) };
    }),

  byModel: workspaceProcedure("usage.list")
    .input(usageBreakdownInput)
    .output(usageByModelOutput)
    .query(async ({ ctx, input: { workspace_id, days } }) => {
      const period = { workspace_id, since: startOfDays(days) };
      const rows = await ctx.inWorkspace((transaction) => sumUsageByModel(transaction, period));
      return {
        days,
        items: rows.map((row) => ({
          provider: row.provider || null,
          model: row.model || null,
          ...presentSums(row),
        })),
      };
    }),

  byKey: workspaceProcedure("usage.list")
    .input(usageBreakdownInput)
    .output(usageByKeyOutput)
    .query(async ({ ctx, input: { workspace_id, days } }) => {
      const period = { workspace_id, since: startOfDays(days) };
      const rows = await ctx.inWorkspace((transaction) => sumUsageByKey(transaction, period));
      return {
        days,
        items: rows.map((row) => ({
          api_key_id: row.api_key_id,
          name: row.name,
          prefix: row.prefix,
          ...presentSums(row),
        })),
      };
    }),
});

/** Midnight (UTC) at the start of the last so many calendar days, today included. */
function startOfDays(days: number): Date {
  const today = Math.floor(Date.now() / millisecondsPerDay);
  return new Date((today - days + 1) * millisecondsPerDay);
}

function presentSums(sums: UsageSums) {
  return {
    requests: sums.requests,
    errors: sums.errors,
    aborted: sums.aborted,
    input_tokens: sums.input_tokens,
    cached_input_tokens: sums.cached_input_tokens,
    output_tokens: sums.output_tokens,
    reasoning_tokens: sums.reasoning_tokens,
    cost_usd: toUsd(sums.cost_micros),
    unpriced_requests: sums.unpriced_requests,
  };
}
