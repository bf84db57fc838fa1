import type { Role } from "@perpetuo/contracts/roles";
import { and, asc, eq, isNull, ne, sql } from "drizzle-orm";
import { users } from "../../schema/accounts.ts";
import { memberships, workspaces } from "../../schema/workspaces.ts";
import type { Transaction } from "../../workspace-transaction.ts";

export type Membership = { workspace_id: string; user_id: string };

export type MemberRow = { user_id: string; email: string; name: string; role: Role; created_at: Date };

const isMembership = ({ workspace_id, user_id }: Membership) =>
  and(eq(memberships.workspace_id, workspace_id), eq(memberships.user_id, user_id));

const memberColumns = {
  user_id: memberships.user_id,
  email: users.email,
  name: users.name,
  role: memberships.role,
  created_at: memberships.created_at,
};

/** The user's role in a workspace; null when there is no such workspace, it is deleted, or the user is no member. */
export async function findRole(transaction: Transaction, membership: Membership): Promise<Role | null> {
  const [row] = await transaction
    .select({ role: memberships.role })
    .from(memberships)
    .innerJoin(workspaces, eq(workspaces.id, memberships.workspace_id))
    .where(and(isMembership(membership), isNull(workspaces.deleted_at)));
  return row?.role ?? null;
}

/** The members of a workspace, in the order in which they joined. */
export async function listMembers(transaction: Transaction, workspaceId: string): Promise<MemberRow[]> {
  return transaction
    .select(memberColumns)
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.user_id))
    .where(eq(memberships.workspace_id, workspaceId))
    .orderBy(asc(memberships.created_at), asc(memberships.user_id));
}

export async function findMember(
  transaction: Transaction,
  membership: Membership,
): Promise<MemberRow | null> {
  const [row] = await transaction
    .select(memberColumns)
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.user_id))
    .where(isMembership(membership));
  return row ?? null;
}

/** Whether somebody with this e-mail address is a member. */
export async function hasMemberWithEmail(
  transaction: Transaction,
  member: { workspace_id: string; email: string },
): Promise<boolean> {
  const rows = await transaction
    .select({ user_id: memberships.user_id })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.user_id))
    .where(and(eq(memberships.workspace_id, member.workspace_id), eq(users.email, member.email)));
  return rows.length > 0;
}

/**
 * Makes every other change of the workspace's members wait until this transaction ends: what is checked afterwards, such
 * as that an owner remains, is still true when the change is made.
 */
export async function lockMemberships(transaction: Transaction, workspaceId: string): Promise<void> {
  await transaction
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(eq(workspaces.id, workspaceId))
    .for("no key update");
}

/** Owners of the workspace beside one user. */
export async function countOtherOwners(transaction: Transaction, membership: Membership): Promise<number> {
  const [row] = await transaction
    .select({ count: sql<number>`count(*)::integer` })
    .from(memberships)
    .where(
      and(
        eq(memberships.workspace_id, membership.workspace_id),
        ne(memberships.user_id, membership.user_id),
        eq(memberships.role, "owner"),
      ),
    );
  return row?.count ?? 0;
}

export async function insertMembership(
  transaction: Transaction,
  membership: Membership & { role: Role },
): Promise<void> {
  await transaction.insert(memberships).values(membership);
}

export async function updateRole(
  transaction: Transaction,
  membership: Membership & { role: Role },
): Promise<void> {
  await transaction.update(memberships).set({ role: membership.role }).where(isMembership(membership));
}

export async function deleteMembership(transaction: Transaction, membership: Membership): Promise<void> {
  await transaction.delete(memberships).where(isMembership(membership));
}
