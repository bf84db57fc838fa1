import { hash } from "node:crypto";
import type { SessionStore } from "@perpetuo/database/queries/control/sessions";
import type { Adapter, DatabaseSession } from "lucia";

/** The id under which a session is stored and listed: the SHA-256 (hex) of its token, which opens nothing. */
export function sessionIdOf(token: string): string {
  return hash("sha256", token, "hex");
}

/**
 * lucia's view of the sessions table. What lucia calls a session id is the bearer's token: it is hashed on the way
 * in and never stored, so that a copy of the table logs nobody in. Listed sessions carry the hash as their id.
 */
export function createSessionAdapter(store: SessionStore): Adapter {
  return {
    async getSessionAndUser(token) {
      const found = await store.findWithUser(sessionIdOf(token));
      if (found === null) return [null, null];
      const { user, ...row } = found;
      // lucia deletes an expired session by the id that it is given here, so it is the token.
      return [
        { ...toDatabaseSession(row), id: token },
        { id: user.id, attributes: user },
      ];
    },
    async getUserSessions(userId) {
      const rows = await store.listOfUser(userId);
      return rows.map(toDatabaseSession);
    },
    async setSession(session) {
      const { id, userId, expiresAt, attributes } = session;
      await store.insert({
        id: sessionIdOf(id),
        user_id: userId,
        expires_at: expiresAt,
        ...attributes,
      });
    },
    async updateSessionExpiration(token, expiresAt) {
      await store.extend(sessionIdOf(token), expiresAt);
    },
    async deleteSession(token) {
      await store.remove(sessionIdOf(token));
    },
    async deleteUserSessions(userId) {
      await store.removeAllOfUser(userId);
    },
    async deleteExpiredSessions() {
      await store.removeExpired();
    },
  };
}

function toDatabaseSession(row: {
  id: string;
  user_id: string;
  expires_at: Date;
  absolute_expires_at: Date;
  ip: string | null;
  user_agent: string | null;
  created_at: Date;
}): DatabaseSession {
  const { id, user_id, expires_at, ...attributes } = row;
  return { id, userId: user_id, expiresAt: expires_at, attributes };
}
