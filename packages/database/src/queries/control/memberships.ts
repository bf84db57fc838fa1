import type { Role } from "@perpetuo/contracts/roles";
import { and, eq, isNull } from "drizzle-orm";
import { memberships, workspaces } from "../../schema/workspaces.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** The user's role in a workspace; null when there is no such workspace, it is deleted, or the user is no member. */
export async function findRole(
  transaction: Transaction,
  membership: { workspace_id: string; user_id: string },
): Promise<Role | null> {
  const [row] = await transaction
    .select({ role: memberships.role })
    .from(memberships)
    .innerJoin(workspaces, eq(workspaces.id, memberships.workspace_id))
    .where(
      and(
        eq(memberships.workspace_id, membership.workspace_id),
        eq(memberships.user_id, membership.user_id),
        isNull(workspaces.deleted_at),
      ),
    );
  return row?.role ?? null;
}

export async function insertMembership(
  transaction: Transaction,
  membership: { workspace_id: string; user_id: string; role: Role },
): Promise<void> {
  await transaction.insert(memberships).values(membership);
}
