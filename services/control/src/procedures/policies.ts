import {
  changedPolicySchema,
  createPolicyInput,
  deletePolicyInput,
  deletePolicyOutput,
  listPoliciesInput,
  listPoliciesOutput,
  type Policy,
  updatePolicyInput,
} from "@perpetuo/contracts/api/policies";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { mostPolicies } from "@perpetuo/contracts/routing";
import {
  deletePolicy,
  insertPolicy,
  listPolicies,
  type PolicyRow,
  updatePolicy,
} from "@perpetuo/database/queries/control/policies";
import { listRoutes } from "@perpetuo/database/queries/control/routes";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { uuidv7 } from "@perpetuo/runtime/uuidv7";
import { router, workspaceProcedure } from "./base.ts";
import { changeDraft } from "./change-draft.ts";

export const policiesRouter = router({
  list: workspaceProcedure("policies.list")
    .input(listPoliciesInput)
    .output(listPoliciesOutput)
    .query(async ({ ctx, input }) => {
      const rows = await ctx.inWorkspace((transaction) => listPolicies(transaction, input.workspace_id));
      return { items: rows.map(presentPolicy) };
    }),

  create: workspaceProcedure("policies.change")
    .input(createPolicyInput)
    .output(changedPolicySchema)
    .mutation(async ({ ctx, input }) => {
      const { workspace_id } = input;
      const { result, publication } = await changeDraft(ctx, workspace_id, async (transaction) => {
        const present = await listPolicies(transaction, workspace_id);
        if (present.length >= mostPolicies) {
          throw new PerpetuoError("conflict", {
            message: `A workspace has at most ${mostPolicies} policies.`,
          });
        }
        const row = await insertPolicy(transaction, { ...input, id: uuidv7() });
        return { result: row, note: `Policy "${row.name}" created.` };
      });
      return { ...presentPolicy(result), publication };
    }),

  update: workspaceProcedure("policies.change")
    .input(updatePolicyInput)
    .output(changedPolicySchema)
    .mutation(async ({ ctx, input: { workspace_id, policy_id, ...changes } }) => {
      const { result, publication } = await changeDraft(ctx, workspace_id, async (transaction) => {
        const row = requireFound(await updatePolicy(transaction, { workspace_id, id: policy_id }, changes));
        return { result: row, note: `Policy "${row.name}" changed.` };
      });
      return { ...presentPolicy(result), publication };
    }),

  delete: workspaceProcedure("policies.change")
    .input(deletePolicyInput)
    .output(deletePolicyOutput)
    .mutation(async ({ ctx, input: { workspace_id, policy_id } }) => {
      const { publication } = await changeDraft(ctx, workspace_id, async (transaction) => {
        await refuseWhileNamed(transaction, { workspace_id, policy_id });
        const { name } = requireFound(await deletePolicy(transaction, { workspace_id, id: policy_id }));
        return { result: null, note: `Policy "${name}" deleted.` };
      });
      return { id: policy_id, publication };
    }),
});

function presentPolicy(row: PolicyRow): Policy {
  return { ...row, created_at: row.created_at.toISOString(), updated_at: row.updated_at.toISOString() };
}

/** @throws {PerpetuoError} `conflict` naming the routes of the draft that would lose their policy. */
async function refuseWhileNamed(
  transaction: Transaction,
  { workspace_id, policy_id }: { workspace_id: string; policy_id: string },
): Promise<void> {
  const routes = await listRoutes(transaction, workspace_id);
  const names = routes.filter((route) => route.policy_id === policy_id).map(({ name }) => `"${name}"`);
  if (names.length === 0) return;
  throw new PerpetuoError("conflict", {
    message: `The policy is named by ${names.join(", ")}. Give these routes another policy first.`,
  });
}

function requireFound<TRow>(row: TRow | null): TRow {
  if (row === null) throw new PerpetuoError("not_found", { message: "There is no such policy." });
  return row;
}
