import type { Session, User } from "@perpetuo/contracts/api/auth";
import type { Invite, Member } from "@perpetuo/contracts/api/members";
import type { Workspace } from "@perpetuo/contracts/api/workspaces";
import type { Role } from "@perpetuo/contracts/roles";
import type { InviteRow } from "@perpetuo/database/queries/control/invites";
import type { MemberRow } from "@perpetuo/database/queries/control/memberships";
import type { SessionUser } from "@perpetuo/database/queries/control/sessions";
import type { UsageSums } from "@perpetuo/database/queries/control/usage";
import type { WorkspaceRow } from "@perpetuo/database/queries/control/workspaces";
import type { SessionRecord } from "../auth/sessions.ts";

const microsPerDollar = 1_000_000;

/** ISO 8601 in UTC; null stays null. */
export function toTimestamp(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}

/** Micro-dollars as dollars. The division of two whole numbers is rounded once, so no cent gets lost. */
export function toUsd(micros: number): number {
  return micros / microsPerDollar;
}

export function presentUser({ id, email, name, created_at }: SessionUser): User {
  return { id, email, name, created_at: created_at.toISOString() };
}

export function presentSession(session: SessionRecord, currentId: string): Session {
  return {
    id: session.id,
    current: session.id === currentId,
    ip: session.ip,
    user_agent: session.user_agent,
    created_at: session.created_at.toISOString(),
    expires_at: session.expires_at.toISOString(),
  };
}

export function presentWorkspace(row: WorkspaceRow, role: Role): Workspace {
  const { id, slug, name, limits, created_at } = row;
  return { id, slug, name, role, limits, created_at: created_at.toISOString() };
}

export function presentMember({ created_at, ...member }: MemberRow): Member {
  return { ...member, joined_at: created_at.toISOString() };
}

export function presentInvite({ id, email, role, inviter_name, created_at, expires_at }: InviteRow): Invite {
  return {
    id,
    email,
    role,
    invited_by: inviter_name,
    created_at: created_at.toISOString(),
    expires_at: expires_at.toISOString(),
  };
}

/** Sums of requests as every answer about usage has them. */
export function presentSums(sums: UsageSums) {
  return {
    requests: sums.requests,
    errors: sums.errors,
    aborted: sums.aborted,
    input_tokens: sums.input_tokens,
    cached_input_tokens: sums.cached_input_tokens,
    cache_write_tokens: sums.cache_write_tokens,
    output_tokens: sums.output_tokens,
    reasoning_tokens: sums.reasoning_tokens,
    cost_usd: toUsd(sums.cost_micros),
    unpriced_requests: sums.unpriced_requests,
  };
}
