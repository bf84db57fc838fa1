import {
  type Budget,
  budgetSchema,
  budgetStatusInput,
  budgetStatusOutput,
  getBudgetInput,
  setBudgetInput,
} from "@perpetuo/contracts/api/quotas";
import {
  type KeySpending,
  listLimits,
  type SubjectLimits,
  sumSpendingByKey,
} from "@perpetuo/database/queries/control/limits";
import { router, workspaceProcedure } from "./base.ts";
import { changeLimits, readLimits, shownLimit, subjectOf, withTotals } from "./limited-subject.ts";

export const budgetsRouter = router({
  get: workspaceProcedure("budgets.list")
    .input(getBudgetInput)
    .output(budgetSchema)
    .query(async ({ ctx, input }) =>
      presentBudget(await ctx.inWorkspace((transaction) => readLimits(transaction, subjectOf(input)))),
    ),

  set: workspaceProcedure("budgets.change")
    .input(setBudgetInput)
    .output(budgetSchema)
    .mutation(async ({ ctx, input }) => {
      const { workspace_id: _workspace, api_key_id: _key, ...changes } = input;
      const changed = await ctx.inWorkspace((transaction) =>
        changeLimits(transaction, subjectOf(input), changes),
      );
      return presentBudget(changed);
    }),

  status: workspaceProcedure("budgets.list")
    .input(budgetStatusInput)
    .output(budgetStatusOutput)
    .query(async ({ ctx, input: { workspace_id } }) => {
      const [subjects, spending] = await ctx.inWorkspace(
        async (transaction) =>
          [
            await listLimits(transaction, workspace_id),
            await sumSpendingByKey(transaction, workspace_id),
          ] as const,
      );
      const now = new Date();
      const items = withTotals(subjects, spending, spendingOf);
      return { items: items.map(({ subject, sums }) => presentStatus(subject, sums, now)) };
    }),
});

type Spending = ReturnType<typeof spendingOf>;

function spendingOf(row: KeySpending | null) {
  return {
    day_micros: row?.day_micros ?? 0,
    month_micros: row?.month_micros ?? 0,
    unpriced_requests: row?.unpriced_requests ?? 0,
  };
}

function presentBudget({ api_key_id, name, limits }: SubjectLimits): Budget {
  return {
    api_key_id,
    name,
    budget_daily_micros: shownLimit(limits, "budget_daily_micros"),
    budget_monthly_micros: shownLimit(limits, "budget_monthly_micros"),
  };
}

function presentStatus({ api_key_id, name, limits }: SubjectLimits, sums: Spending, now: Date) {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  return {
    api_key_id,
    name,
    day: presentPeriod(
      shownLimit(limits, "budget_daily_micros"),
      sums.day_micros,
      Date.UTC(year, month, day + 1),
    ),
    month: presentPeriod(
      shownLimit(limits, "budget_monthly_micros"),
      sums.month_micros,
      Date.UTC(year, month + 1),
    ),
    unpriced_requests: sums.unpriced_requests,
  };
}

function presentPeriod(limit_micros: number | null, spent_micros: number, end: number) {
  return {
    limit_micros,
    spent_micros,
    remaining_micros: limit_micros === null ? null : Math.max(0, limit_micros - spent_micros),
    resets_at: new Date(end).toISOString(),
  };
}
