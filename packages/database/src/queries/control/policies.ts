import type { PolicyConfig } from "@perpetuo/contracts/routing";
import { and, asc, eq } from "drizzle-orm";
import { policies } from "../../schema/routes.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** A policy of one workspace's draft. */
export type PolicyIdentity = { workspace_id: string; id: string };

/** What a person decides about a policy. */
export type PolicyValues = Omit<PolicyConfig, "policy_id">;

export type PolicyRow = PolicyValues & { id: string; created_at: Date; updated_at: Date };

const shownColumns = {
  id: policies.id,
  name: policies.name,
  timeouts: policies.timeouts,
  max_attempts: policies.max_attempts,
  max_output_tokens: policies.max_output_tokens,
  stickiness: policies.stickiness,
  created_at: policies.created_at,
  updated_at: policies.updated_at,
};

const is = ({ workspace_id, id }: PolicyIdentity) =>
  and(eq(policies.workspace_id, workspace_id), eq(policies.id, id));

/** A workspace's policies, oldest first. */
export async function listPolicies(transaction: Transaction, workspaceId: string): Promise<PolicyRow[]> {
  return transaction
    .select(shownColumns)
    .from(policies)
    .where(eq(policies.workspace_id, workspaceId))
    .orderBy(asc(policies.created_at), asc(policies.id));
}

export async function insertPolicy(
  transaction: Transaction,
  policy: PolicyIdentity & PolicyValues,
): Promise<PolicyRow> {
  const [row] = await transaction.insert(policies).values(policy).returning(shownColumns);
  if (row === undefined) throw new Error("An insertion without a conflict clause returned no row.");
  return row;
}

/** Changes the named fields. Null when there is no such policy. */
export async function updatePolicy(
  transaction: Transaction,
  identity: PolicyIdentity,
  changes: { [TField in keyof PolicyValues]?: PolicyValues[TField] | undefined },
): Promise<PolicyRow | null> {
  const [row] = await transaction
    .update(policies)
    .set({ ...changes, updated_at: new Date() })
    .where(is(identity))
    .returning(shownColumns);
  return row ?? null;
}

/** Null when there is no such policy; else what it was called. @throws the driver's error when a route uses it. */
export async function deletePolicy(
  transaction: Transaction,
  identity: PolicyIdentity,
): Promise<{ name: string } | null> {
  const [row] = await transaction.delete(policies).where(is(identity)).returning({ name: policies.name });
  return row ?? null;
}
