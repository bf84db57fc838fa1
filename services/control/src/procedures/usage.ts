import {
  exportedUsageSchema,
  exportUsageInput,
  usageBreakdownInput,
  usageByKeyOutput,
  usageByModelOutput,
  usageByProviderOutput,
  usageSummaryInput,
  usageSummaryOutput,
} from "@perpetuo/contracts/api/usage";
import { usageSeriesInput, usageSeriesOutput } from "@perpetuo/contracts/api/usage-series";
import {
  findLifetimeUsage,
  sumUsage,
  sumUsageByKey,
  sumUsageByModel,
  sumUsageByProvider,
} from "@perpetuo/database/queries/control/usage";
import {
  findApiKeyNames,
  sumBuckets,
  sumLargestGroups,
} from "@perpetuo/database/queries/control/usage-series";
import { findWorkspace } from "@perpetuo/database/queries/control/workspaces";
import { readPages } from "../read-pages.ts";
import { exportedUsagePages } from "../usage/export-pages.ts";
import { maximumExportBuckets, readPeriod } from "../usage/period.ts";
import { assembleSeries, metricRules } from "../usage/series.ts";
import { router, workspaceProcedure } from "./base.ts";
import { presentSums, toUsd } from "./present.ts";

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

  series: workspaceProcedure("usage.list")
    .input(usageSeriesInput)
    .output(usageSeriesOutput)
    .query(async ({ ctx, input }) => {
      const { workspace_id, metric, group, top } = input;
      const now = new Date();
      const period = readPeriod(input, now.getTime());
      const query = { workspace_id, ...period, group, measure: metricRules[metric].measure };
      return ctx.inWorkspace(async (transaction) => {
        const workspace = await findWorkspace(transaction, workspace_id);
        const largest = await sumLargestGroups(transaction, query, top);
        const keys = group === "none" ? [] : largest.map(({ key }) => key);
        const apiKeyIds = largest.flatMap(({ api_key_id }) => api_key_id ?? []);
        return assembleSeries({
          metric,
          group,
          period,
          largest,
          now,
          buckets: await sumBuckets(transaction, query, keys),
          apiKeyNames: await findApiKeyNames(transaction, workspace_id, apiKeyIds),
          workspaceCreatedAt: workspace?.created_at ?? now,
        });
      });
    }),

  export: workspaceProcedure("usage.list")
    .meta({ streams: exportedUsageSchema })
    .input(exportUsageInput)
    .query(({ ctx, input }) => {
      const { workspace_id } = input;
      const period = readPeriod(input, Date.now(), maximumExportBuckets);
      const pages = exportedUsagePages(ctx.inWorkspace, { workspace_id, period });
      return readPages({ ...ctx, workspace_id }, pages);
    }),
});

/** Midnight (UTC) at the start of the last so many calendar days, today included. */
function startOfDays(days: number): Date {
  const today = Math.floor(Date.now() / millisecondsPerDay);
  return new Date((today - days + 1) * millisecondsPerDay);
}
