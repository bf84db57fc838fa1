import { and, eq, gt, lt } from "drizzle-orm";
import type { Database } from "../../connection.ts";
import { passwordResets, users } from "../../schema/accounts.ts";
import type { Transaction } from "../../workspace-transaction.ts";

/** A link for setting a password. Resets belong to users and not to workspaces, so nothing here needs a workspace. */
export async function insertPasswordReset(
  { orm }: Database,
  reset: { token_hash: string; user_id: string; expires_at: Date },
): Promise<void> {
  await orm.insert(passwordResets).values(reset);
}

/** Whose password a token may set; null when it never could, was used, or has expired. */
export async function findUserOfReset(
  { orm }: Database,
  tokenHash: string,
): Promise<{ id: string; email: string } | null> {
  const [row] = await orm
    .select({ id: users.id, email: users.email })
    .from(passwordResets)
    .innerJoin(users, eq(users.id, passwordResets.user_id))
    .where(isUsable(tokenHash));
  return row ?? null;
}

/** Uses a token up; of several attempts at the same moment one takes it. */
export async function takePasswordReset(
  transaction: Transaction,
  tokenHash: string,
): Promise<{ kind: "taken" } | { kind: "gone" }> {
  const taken = await transaction
    .delete(passwordResets)
    .where(isUsable(tokenHash))
    .returning({ token_hash: passwordResets.token_hash });
  return taken.length > 0 ? { kind: "taken" } : { kind: "gone" };
}

/** Makes every other link of a user useless. */
export async function removePasswordResets(transaction: Transaction, userId: string): Promise<void> {
  await transaction.delete(passwordResets).where(eq(passwordResets.user_id, userId));
}

export async function removeExpiredPasswordResets({ orm }: Database): Promise<void> {
  await orm.delete(passwordResets).where(lt(passwordResets.expires_at, new Date()));
}

const isUsable = (tokenHash: string) =>
  and(eq(passwordResets.token_hash, tokenHash), gt(passwordResets.expires_at, new Date()));
