import type { Database } from "@perpetuo/database/connection";
import { insertPasswordReset } from "@perpetuo/database/queries/control/password-resets";
import { createOneTimeToken } from "../one-time-token.ts";

const lifetimeMs = 30 * 60 * 1000;

/** A link for setting one user's password. It is a secret: whoever has it can log in. */
export type ResetLink = { link: string; expires_at: Date };

/** @param consoleUrl where the console's pages begin. */
export async function createResetLink(
  database: Database,
  { user_id, consoleUrl }: { user_id: string; consoleUrl: string },
): Promise<ResetLink> {
  const { text, token_hash } = createOneTimeToken("reset");
  const expires_at = new Date(Date.now() + lifetimeMs);
  await insertPasswordReset(database, { token_hash, user_id, expires_at });
  return { link: `${consoleUrl}/reset-password#token=${text}`, expires_at };
}
