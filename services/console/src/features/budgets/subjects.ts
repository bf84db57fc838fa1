import type { RouterOutputs } from "@perpetuo/client/hooks";

type Budget = RouterOutputs["budgets"]["status"]["items"][number];
type Quota = RouterOutputs["quotas"]["status"]["items"][number];

/** The workspace (without an id) or a key, with everything that bounds it. */
export type Subject = { id: string | null; name: string | null; budget: Budget; quota: Quota };

/** Joins both answers by subject; one that only one of them knows was made or deleted in between and is left out. */
export function joinSubjects(budgets: readonly Budget[], quotas: readonly Quota[]): Subject[] {
  const quotaOf = new Map(quotas.map((quota) => [quota.api_key_id, quota]));
  return budgets.flatMap((budget) => {
    const quota = quotaOf.get(budget.api_key_id);
    return quota === undefined ? [] : [{ id: budget.api_key_id, name: budget.name, budget, quota }];
  });
}
