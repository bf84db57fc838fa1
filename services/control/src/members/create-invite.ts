import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { Role } from "@perpetuo/contracts/roles";
import {
  findInvite,
  type InviteRow,
  insertInvite,
  revokeInvites,
} from "@perpetuo/database/queries/control/invites";
import { hasMemberWithEmail } from "@perpetuo/database/queries/control/memberships";
import { findWorkspace } from "@perpetuo/database/queries/control/workspaces";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { uuidv7 } from "@perpetuo/runtime/uuidv7";
import { beginMemberChange, refuseRoleAbove } from "./change-members.ts";
import { createInviteToken } from "./invite-token.ts";

const lifetimeMs = 72 * 60 * 60 * 1000;

/** An invitation that was just made. `token` is shown to nobody but the invited person, or else to the inviter. */
export type NewInvite = { invite: InviteRow; workspaceName: string; token: string };

/**
 * Makes an invitation, in the place of an earlier one to the same address.
 * @throws {PerpetuoError} `forbidden` for a role above the inviter's, or when the earlier one is for such a role;
 * `conflict` when the address is a member's.
 */
export async function createInvite(
  transaction: Transaction,
  input: { workspace_id: string; email: string; role: Role; invited_by: string },
): Promise<NewInvite> {
  const { workspace_id, email, invited_by } = input;
  const own = await beginMemberChange(transaction, { workspace_id, user_id: invited_by });
  refuseRoleAbove(own, input.role);
  if (await hasMemberWithEmail(transaction, input)) {
    throw new PerpetuoError("conflict", { message: "This person is a member already.", param: "email" });
  }
  const earlier = await findInvite(transaction, workspace_id, { kind: "email", email });
  if (earlier !== null) refuseRoleAbove(own, earlier.role);
  await revokeInvites(transaction, workspace_id, { kind: "email", email });
  const id = uuidv7();
  const { text, token_hash } = createInviteToken(workspace_id);
  const expires_at = new Date(Date.now() + lifetimeMs);
  await insertInvite(transaction, { ...input, id, token_hash, expires_at });
  const invite = await findInvite(transaction, workspace_id, { kind: "id", id });
  const workspace = await findWorkspace(transaction, workspace_id);
  if (invite === null || workspace === null) throw new PerpetuoError("not_found");
  return { invite, workspaceName: workspace.name, token: text };
}
