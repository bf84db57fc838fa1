import type { Role } from "@perpetuo/contracts/roles";
import { and, desc, eq, gt, inArray, isNull, type SQL } from "drizzle-orm";
import { users } from "../../schema/accounts.ts";
import { invites } from "../../schema/invites.ts";
import { workspaces } from "../../schema/workspaces.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** `invited_by` is the inviter's id, `inviter_name` what people call them. */
export type InviteRow = {
  id: string;
  email: string;
  role: Role;
  invited_by: string;
  inviter_name: string;
  created_at: Date;
  expires_at: Date;
};

const columns = {
  id: invites.id,
  email: invites.email,
  role: invites.role,
  invited_by: invites.invited_by,
  inviter_name: users.name,
  created_at: invites.created_at,
  expires_at: invites.expires_at,
};

const isOpen = (): SQL | undefined => and(isNull(invites.accepted_at), isNull(invites.revoked_at));
const isPending = (): SQL | undefined => and(isOpen(), gt(invites.expires_at, new Date()));

/** The invitations of a workspace that can still be accepted, newest first. */
export async function listPendingInvites(
  transaction: Transaction,
  workspaceId: string,
): Promise<InviteRow[]> {
  return transaction
    .select(columns)
    .from(invites)
    .innerJoin(users, eq(users.id, invites.invited_by))
    .where(and(eq(invites.workspace_id, workspaceId), isPending()))
    .orderBy(desc(invites.created_at), desc(invites.id));
}

export async function insertInvite(
  transaction: Transaction,
  invite: {
    workspace_id: string;
    id: string;
    email: string;
    role: Role;
    token_hash: string;
    invited_by: string;
    expires_at: Date;
  },
): Promise<void> {
  await transaction.insert(invites).values(invite);
}

/** A pending invitation, by its id or by the address that it is for. */
export async function findInvite(
  transaction: Transaction,
  workspaceId: string,
  selection: Exclude<InviteSelection, { kind: "inviter" }>,
): Promise<InviteRow | null> {
  const [row] = await transaction
    .select(columns)
    .from(invites)
    .innerJoin(users, eq(users.id, invites.invited_by))
    .where(and(eq(invites.workspace_id, workspaceId), isSelected(selection), isPending()));
  return row ?? null;
}

/** The pending invitation that a token opens, with its workspace; null also when the workspace is deleted. */
export async function findInviteByToken(
  transaction: Transaction,
  token: { workspace_id: string; token_hash: string },
): Promise<(InviteRow & { workspace_name: string }) | null> {
  const [row] = await transaction
    .select({ ...columns, workspace_name: workspaces.name })
    .from(invites)
    .innerJoin(users, eq(users.id, invites.invited_by))
    .innerJoin(workspaces, eq(workspaces.id, invites.workspace_id))
    .where(
      and(
        eq(invites.workspace_id, token.workspace_id),
        eq(invites.token_hash, token.token_hash),
        isPending(),
        isNull(workspaces.deleted_at),
      ),
    );
  return row ?? null;
}

/** Uses a pending invitation up; of several attempts at the same moment one takes it. */
export async function takeInvite(
  transaction: Transaction,
  invite: { workspace_id: string; id: string },
): Promise<{ kind: "taken" } | { kind: "gone" }> {
  const taken = await transaction
    .update(invites)
    .set({ accepted_at: new Date() })
    .where(and(eq(invites.workspace_id, invite.workspace_id), eq(invites.id, invite.id), isPending()))
    .returning({ id: invites.id });
  return taken.length > 0 ? { kind: "taken" } : { kind: "gone" };
}

/** Which invitations of a workspace are meant. */
export type InviteSelection =
  | { kind: "id"; id: string }
  | { kind: "email"; email: string }
  /** Those that a member has sent, to certain roles. */
  | { kind: "inviter"; user_id: string; roles: readonly Role[] };

/** Revokes open invitations and returns how many there were. */
export async function revokeInvites(
  transaction: Transaction,
  workspaceId: string,
  selection: InviteSelection,
): Promise<number> {
  const revoked = await transaction
    .update(invites)
    .set({ revoked_at: new Date() })
    .where(and(eq(invites.workspace_id, workspaceId), isOpen(), isSelected(selection)))
    .returning({ id: invites.id });
  return revoked.length;
}

function isSelected(selection: InviteSelection): SQL | undefined {
  if (selection.kind === "id") return eq(invites.id, selection.id);
  if (selection.kind === "email") return eq(invites.email, selection.email);
  return and(eq(invites.invited_by, selection.user_id), inArray(invites.role, [...selection.roles]));
}
