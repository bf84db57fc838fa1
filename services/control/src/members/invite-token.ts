import { createOneTimeToken, hashOneTimeToken, type OneTimeToken } from "../one-time-token.ts";

const pattern = /^invite_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_[A-Za-z0-9_-]{43}$/;

/** How a token is looked up. The workspace is part of its text, so that no query has to look into other workspaces. */
export type InviteTokenIdentity = { workspace_id: string; token_hash: string };

export function createInviteToken(workspaceId: string): OneTimeToken {
  return createOneTimeToken(`invite_${workspaceId}`);
}

/** Null for what was never a token. */
export function readInviteToken(text: string): InviteTokenIdentity | null {
  const workspace_id = pattern.exec(text)?.[1];
  return workspace_id === undefined ? null : { workspace_id, token_hash: hashOneTimeToken(text) };
}
