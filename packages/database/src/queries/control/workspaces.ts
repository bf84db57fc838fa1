import type { Limits } from "@perpetuo/contracts/limits";
import type { Role } from "@perpetuo/contracts/roles";
import { and, asc, eq, isNull } from "drizzle-orm";
import { memberships, workspaces } from "../../schema/workspaces.ts";
import type { Transaction } from "../../workspace-transaction.ts";

export type WorkspaceRow = { id: string; slug: string; name: string; limits: Limits; created_at: Date };

const workspaceColumns = {
  id: workspaces.id,
  slug: workspaces.slug,
  name: workspaces.name,
  limits: workspaces.limits,
  created_at: workspaces.created_at,
};

/** The workspaces that a user belongs to, in the order in which they joined. */
export async function listWorkspacesOfUser(
  transaction: Transaction,
  userId: string,
): Promise<(WorkspaceRow & { role: Role })[]> {
  return transaction
    .select({ ...workspaceColumns, role: memberships.role })
    .from(memberships)
    .innerJoin(workspaces, eq(workspaces.id, memberships.workspace_id))
    .where(and(eq(memberships.user_id, userId), isNull(workspaces.deleted_at)))
    .orderBy(asc(memberships.created_at), asc(workspaces.id));
}

export async function findWorkspace(transaction: Transaction, id: string): Promise<WorkspaceRow | null> {
  const [row] = await transaction
    .select(workspaceColumns)
    .from(workspaces)
    .where(and(eq(workspaces.id, id), isNull(workspaces.deleted_at)));
  return row ?? null;
}

/** Null when the slug is taken, by whichever workspace. */
export async function insertWorkspace(
  transaction: Transaction,
  workspace: { id: string; slug: string; name: string; created_by: string },
): Promise<WorkspaceRow | null> {
  const [row] = await transaction
    .insert(workspaces)
    .values(workspace)
    .onConflictDoNothing({ target: workspaces.slug })
    .returning(workspaceColumns);
  return row ?? null;
}

/** Changes the named fields. @throws the driver's unique violation when the slug is taken. */
export async function updateWorkspace(
  transaction: Transaction,
  id: string,
  changes: { name?: string | undefined; slug?: string | undefined; limits?: Limits | undefined },
): Promise<WorkspaceRow | null> {
  const [row] = await transaction
    .update(workspaces)
    // A column that is set to itself keeps the statement valid when there is nothing to change.
    .set({ id, ...changes })
    .where(and(eq(workspaces.id, id), isNull(workspaces.deleted_at)))
    .returning(workspaceColumns);
  return row ?? null;
}

/** Makes the workspace, its keys and its members' access unusable; its history stays until retention. */
export async function markWorkspaceDeleted(transaction: Transaction, id: string): Promise<void> {
  await transaction
    .update(workspaces)
    .set({ deleted_at: new Date() })
    .where(and(eq(workspaces.id, id), isNull(workspaces.deleted_at)));
}
