import {
  getQuotaInput,
  type Quota,
  quotaSchema,
  quotaStatusInput,
  quotaStatusOutput,
  setQuotaInput,
} from "@perpetuo/contracts/api/quotas";
import {
  type KeyTraffic,
  listLimits,
  type SubjectLimits,
  sumTrafficOfLastMinute,
} from "@perpetuo/database/queries/control/limits";
import { router, workspaceProcedure } from "./base.ts";
import { changeLimits, readLimits, shownLimit, subjectOf, withTotals } from "./limited-subject.ts";

export const quotasRouter = router({
  get: workspaceProcedure("quotas.list")
    .input(getQuotaInput)
    .output(quotaSchema)
    .query(async ({ ctx, input }) =>
      presentQuota(await ctx.inWorkspace((transaction) => readLimits(transaction, subjectOf(input)))),
    ),

  set: workspaceProcedure("quotas.change")
    .input(setQuotaInput)
    .output(quotaSchema)
    .mutation(async ({ ctx, input }) => {
      const { workspace_id: _workspace, api_key_id: _key, ...changes } = input;
      const changed = await ctx.inWorkspace((transaction) =>
        changeLimits(transaction, subjectOf(input), changes),
      );
      return presentQuota(changed);
    }),

  status: workspaceProcedure("quotas.list")
    .input(quotaStatusInput)
    .output(quotaStatusOutput)
    .query(async ({ ctx, input: { workspace_id } }) => {
      const [subjects, traffic] = await ctx.inWorkspace(
        async (transaction) =>
          [
            await listLimits(transaction, workspace_id),
            await sumTrafficOfLastMinute(transaction, workspace_id),
          ] as const,
      );
      const items = withTotals(subjects, traffic, trafficOf);
      return { items: items.map(({ subject, sums }) => ({ ...presentQuota(subject), ...sums })) };
    }),
});

function presentQuota({ api_key_id, name, limits }: SubjectLimits): Quota {
  return {
    api_key_id,
    name,
    requests_per_minute: shownLimit(limits, "requests_per_minute"),
    tokens_per_minute: shownLimit(limits, "tokens_per_minute"),
    concurrent_requests: shownLimit(limits, "concurrent_requests"),
  };
}

function trafficOf(row: KeyTraffic | null) {
  return { requests_last_minute: row?.requests ?? 0, tokens_last_minute: row?.tokens ?? 0 };
}
