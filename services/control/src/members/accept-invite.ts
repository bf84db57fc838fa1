import { PerpetuoError } from "@perpetuo/contracts/errors";
import { type Role, roles } from "@perpetuo/contracts/roles";
import { findInviteByToken, takeInvite } from "@perpetuo/database/queries/control/invites";
import { findRole, insertMembership, lockMemberships } from "@perpetuo/database/queries/control/memberships";
import { findWorkspace, type WorkspaceRow } from "@perpetuo/database/queries/control/workspaces";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { roleAllows } from "@perpetuo/security/permissions";
import type { InviteTokenIdentity } from "./invite-token.ts";

/**
 * Makes the caller a member with the role of the invitation, which is then used up. The transaction is that of the
 * token's workspace.
 * @throws {PerpetuoError} `link_invalid`; `forbidden` for another e-mail address than the invited one; `conflict` for a
 * member.
 */
export async function acceptInvite(
  transaction: Transaction,
  token: InviteTokenIdentity,
  user: { id: string; email: string },
): Promise<{ workspace: WorkspaceRow; role: Role }> {
  const { workspace_id } = token;
  await lockMemberships(transaction, workspace_id);
  const invite = await findInviteByToken(transaction, token);
  if (invite === null) throw new PerpetuoError("link_invalid");
  if (invite.email.toLowerCase() !== user.email.toLowerCase()) {
    throw new PerpetuoError("forbidden", { message: "The invitation is for another e-mail address." });
  }
  await refuseWithoutRight(transaction, { workspace_id, user_id: invite.invited_by, role: invite.role });
  const membership = { workspace_id, user_id: user.id };
  if ((await findRole(transaction, membership)) !== null) {
    throw new PerpetuoError("conflict", { message: "You are a member of this workspace already." });
  }
  const outcome = await takeInvite(transaction, { workspace_id, id: invite.id });
  const workspace = await findWorkspace(transaction, workspace_id);
  if (outcome.kind === "gone" || workspace === null) throw new PerpetuoError("link_invalid");
  await insertMembership(transaction, { ...membership, role: invite.role });
  return { workspace, role: invite.role };
}

/** An invitation is worth as much as its inviter's right to send it, however that right was lost. */
async function refuseWithoutRight(
  transaction: Transaction,
  inviter: { workspace_id: string; user_id: string; role: Role },
): Promise<void> {
  const own = await findRole(transaction, inviter);
  const mayInvite =
    own !== null && roleAllows(own, "members.change") && roles.indexOf(inviter.role) <= roles.indexOf(own);
  if (!mayInvite) throw new PerpetuoError("link_invalid");
}
