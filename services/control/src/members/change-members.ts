import { PerpetuoError } from "@perpetuo/contracts/errors";
import { type Role, roles } from "@perpetuo/contracts/roles";
import { revokeInvites } from "@perpetuo/database/queries/control/invites";
import {
  countOtherOwners,
  findMember,
  findRole,
  lockMemberships,
  type MemberRow,
  type Membership,
} from "@perpetuo/database/queries/control/memberships";
import type { Transaction } from "@perpetuo/database/workspace-transaction";
import { roleAllows } from "@perpetuo/security/permissions";

/**
 * Starts a change of the workspace's members: from here to the transaction's end no other change runs, and the actor's
 * role is as it now is. Of two owners who remove each other at once, the second is no owner any more and is refused.
 * @throws {PerpetuoError} `forbidden` when the actor may no longer change members.
 */
export async function beginMemberChange(transaction: Transaction, actor: Membership): Promise<Role> {
  await lockMemberships(transaction, actor.workspace_id);
  const role = await findRole(transaction, actor);
  if (role === null || !roleAllows(role, "members.change")) throw new PerpetuoError("forbidden");
  return role;
}

/**
 * Nobody gives, takes or changes a role above their own.
 * @throws {PerpetuoError} `forbidden`.
 */
export function refuseRoleAbove(own: Role, other: Role): void {
  if (roles.indexOf(other) > roles.indexOf(own)) {
    throw new PerpetuoError("forbidden", { message: `Only an ${other} can do this to an ${other}.` });
  }
}

/** @throws {PerpetuoError} `not_found` when the user is no member. */
export async function readMember(transaction: Transaction, membership: Membership): Promise<MemberRow> {
  const member = await findMember(transaction, membership);
  if (member === null) throw new PerpetuoError("not_found", { message: "There is no such member." });
  return member;
}

/**
 * Guards that an owner remains when this member leaves or gets another role; the caller holds the lock.
 * @throws {PerpetuoError} `last_owner`.
 */
export async function refuseLastOwner(
  transaction: Transaction,
  membership: Membership & { role: Role },
): Promise<void> {
  if (membership.role !== "owner") return;
  if ((await countOtherOwners(transaction, membership)) === 0) throw new PerpetuoError("last_owner");
}

/** Takes back the invitations that a member could no longer send with the new role; null: no member any more. */
export async function revokeInvitesBeyond(
  transaction: Transaction,
  { workspace_id, user_id }: Membership,
  role: Role | null,
): Promise<void> {
  const mayInvite = role !== null && roleAllows(role, "members.change");
  const beyond = roles.filter((invited) => !mayInvite || roles.indexOf(invited) > roles.indexOf(role));
  await revokeInvites(transaction, workspace_id, { kind: "inviter", user_id, roles: beyond });
}
