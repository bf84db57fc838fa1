import { and, asc, eq, gt, lt, sql } from "drizzle-orm";
import type { Database } from "../../connection.ts";
import { sessions, users } from "../../schema/accounts.ts";
import type { Transaction } from "../../workspace-transaction.ts";

export type SessionUser = { id: string; email: string; name: string; created_at: Date };

export type SessionRow = {
  /** SHA-256 (hex) of the token. */
  id: string;
  user_id: string;
  expires_at: Date;
  absolute_expires_at: Date;
  ip: string | null;
  user_agent: string | null;
  created_at: Date;
};

/** The sessions table. Sessions belong to users and not to workspaces, so nothing here needs a workspace. */
export type SessionStore = {
  findWithUser(id: string): Promise<(SessionRow & { user: SessionUser }) | null>;
  listOfUser(userId: string): Promise<SessionRow[]>;
  insert(row: SessionRow): Promise<void>;
  /** Moves the expiry forward, never past the absolute one. Writes nothing when there is nothing to move. */
  extend(id: string, expiresAt: Date): Promise<void>;
  remove(id: string): Promise<void>;
  removeAllOfUser(userId: string): Promise<void>;
  removeExpired(): Promise<void>;
};

const sessionColumns = {
  id: sessions.id,
  user_id: sessions.user_id,
  expires_at: sessions.expires_at,
  absolute_expires_at: sessions.absolute_expires_at,
  ip: sessions.ip,
  user_agent: sessions.user_agent,
  created_at: sessions.created_at,
};

const userColumns = { id: users.id, email: users.email, name: users.name, created_at: users.created_at };

/** Opens the sessions table with prepared statements: every call of the control API reads it. */
export function createSessionStore({ orm }: Database): SessionStore {
  const find = orm
    .select({ ...sessionColumns, user: userColumns })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.user_id))
    .where(eq(sessions.id, sql.placeholder("id")))
    .prepare("find_session");
  return {
    async findWithUser(id) {
      const [row] = await find.execute({ id });
      return row ?? null;
    },
    async listOfUser(userId) {
      return orm
        .select(sessionColumns)
        .from(sessions)
        .where(eq(sessions.user_id, userId))
        .orderBy(asc(sessions.created_at));
    },
    async insert(row) {
      await orm.insert(sessions).values(row);
    },
    async extend(id, expiresAt) {
      const target = sql`least(${sessions.absolute_expires_at}, ${expiresAt.toISOString()}::timestamptz)`;
      await orm
        .update(sessions)
        .set({ expires_at: target })
        .where(and(eq(sessions.id, id), lt(sessions.expires_at, target)));
    },
    async remove(id) {
      await orm.delete(sessions).where(eq(sessions.id, id));
    },
    async removeAllOfUser(userId) {
      await orm.delete(sessions).where(eq(sessions.user_id, userId));
    },
    async removeExpired() {
      await orm.delete(sessions).where(lt(sessions.expires_at, new Date()));
    },
  };
}

/** Ends one of a user's own sessions, by its listed id, and tells whether there was one. */
export async function removeSessionOfUser(
  { orm }: Database,
  session: { id: string; user_id: string },
): Promise<{ kind: "removed" } | { kind: "not-found" }> {
  const removed = await orm
    .delete(sessions)
    .where(
      and(
        eq(sessions.id, session.id),
        eq(sessions.user_id, session.user_id),
        gt(sessions.expires_at, new Date()),
      ),
    )
    .returning({ id: sessions.id });
  return removed.length > 0 ? { kind: "removed" } : { kind: "not-found" };
}

/** Ends every session of a user, with the transaction. */
export async function removeSessionsOfUser(transaction: Transaction, userId: string): Promise<void> {
  await transaction.delete(sessions).where(eq(sessions.user_id, userId));
}
