import { and, eq, or, sql } from "drizzle-orm";
import type { Database } from "../../connection.ts";
import { users } from "../../schema/accounts.ts";
import type { Transaction } from "../../workspace-transaction.ts";
import type { SessionUser } from "./sessions.ts";

const userColumns = { id: users.id, email: users.email, name: users.name, created_at: users.created_at };

/** The account that log-in checks a password against, or null. */
export async function findUserForLogIn(
  { orm }: Database,
  email: string,
): Promise<(SessionUser & { password_hash: string }) | null> {
  const [row] = await orm
    .select({ ...userColumns, password_hash: users.password_hash })
    .from(users)
    .where(eq(users.email, email));
  return row ?? null;
}

export async function findPasswordHash(transaction: Transaction, userId: string): Promise<string | null> {
  const [row] = await transaction
    .select({ password_hash: users.password_hash })
    .from(users)
    .where(eq(users.id, userId));
  return row?.password_hash ?? null;
}

/**
 * Waits for a change of the password that is under way, and keeps others from beginning until the transaction ends:
 * null when the password is not the one of this hash any more.
 */
export async function holdPasswordHash(
  transaction: Transaction,
  user: { id: string; password_hash: string },
): Promise<{ id: string } | null> {
  const [row] = await transaction
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, user.id), eq(users.password_hash, user.password_hash)))
    .for("share");
  return row ?? null;
}

/** Null when the e-mail address has an account, also when one is made at the same moment. */
export async function insertUser(
  transaction: Transaction,
  user: { id: string; email: string; name: string; password_hash: string },
): Promise<SessionUser | null> {
  const [row] = await transaction
    .insert(users)
    .values(user)
    .onConflictDoNothing({ target: users.email })
    .returning(userColumns);
  return row ?? null;
}

export async function updatePasswordHash(
  transaction: Transaction,
  user: { id: string; password_hash: string },
): Promise<void> {
  await transaction.update(users).set({ password_hash: user.password_hash }).where(eq(users.id, user.id));
}

/** The account with an e-mail address or an id; null when there is none. */
export async function findAccount(
  { orm }: Database,
  account: string,
): Promise<{ id: string; email: string } | null> {
  const [row] = await orm
    .select({ id: users.id, email: users.email })
    .from(users)
    .where(or(eq(users.email, account), sql`${users.id}::text = ${account}`));
  return row ?? null;
}
