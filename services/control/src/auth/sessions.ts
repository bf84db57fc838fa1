import type { SessionStore, SessionUser } from "@perpetuo/database/queries/control/sessions";
import { generateIdFromEntropySize, Lucia, TimeSpan } from "lucia";
import { createSessionAdapter, sessionIdOf } from "./session-adapter.ts";

/** A session ends after this many days without use … */
const idleDays = 30;
/** … and after this many in any case, so that a stolen token does not live for ever. */
const absoluteDays = 90;
/** 256 random bits. */
const tokenBytes = 32;
const longestUserAgent = 500;
const millisecondsPerDay = 24 * 60 * 60 * 1000;

type SessionAttributes = {
  absolute_expires_at: Date;
  ip: string | null;
  user_agent: string | null;
  created_at: Date;
};

type LuciaInstance = Lucia<SessionAttributes, SessionUser>;

declare module "lucia" {
  interface Register {
    Lucia: LuciaInstance;
    DatabaseSessionAttributes: SessionAttributes;
    DatabaseUserAttributes: SessionUser;
  }
}

/** A session as the control plane knows it. `id` is the hash of the token. */
export type SessionRecord = {
  id: string;
  ip: string | null;
  user_agent: string | null;
  created_at: Date;
  expires_at: Date;
};

export type SessionVerdict =
  | { kind: "invalid" }
  /** `renewed`: the expiry moved, so a browser's cookie must be sent again. */
  | { kind: "valid"; session: SessionRecord; user: SessionUser; renewed: boolean };

/** Where a log-in came from, as the list of sessions shows it. */
export type SessionOrigin = { ip: string; user_agent: string | null };

/** The control plane's sessions: tokens, their cookie, and what they stand for. The only user of lucia. */
export type Sessions = {
  /** Starts a session and returns its token, which is shown to the caller and stored nowhere. */
  start(userId: string, origin: SessionOrigin): Promise<{ token: string }>;
  validate(token: string): Promise<SessionVerdict>;
  list(userId: string): Promise<SessionRecord[]>;
  end(token: string): Promise<void>;
  endAll(userId: string): Promise<void>;
  removeExpired(): Promise<void>;
  /** The token in a `Cookie` header, or null. */
  readCookie(header: string): string | null;
  /** A `Set-Cookie` value that carries the token. */
  cookie(token: string): string;
  /** A `Set-Cookie` value that removes the cookie. */
  blankCookie(): string;
};

/**
 * @param cookies `secure` for https: the `__Host-` prefix then keeps other hosts and subdomains from setting it.
 * Over plain http browsers refuse such cookies.
 */
export function createSessions(
  store: SessionStore,
  cookies: { kind: "secure" } | { kind: "plain-http" },
): Sessions {
  const lucia: LuciaInstance = new Lucia(createSessionAdapter(store), {
    sessionExpiresIn: new TimeSpan(idleDays, "d"),
    sessionCookie: {
      name: cookies.kind === "secure" ? "__Host-perpetuo_session" : "perpetuo_session",
      attributes: { secure: cookies.kind === "secure", sameSite: "lax", path: "/" },
    },
    getSessionAttributes: ({ absolute_expires_at, ip, user_agent, created_at }) => ({
      absolute_expires_at,
      ip,
      user_agent,
      created_at,
    }),
    getUserAttributes: (user) => user,
  });
  return {
    start: (userId, origin) => startSession(lucia, userId, origin),
    validate: (token) => validateSession(lucia, token),
    async list(userId) {
      const sessions = await lucia.getUserSessions(userId);
      return sessions.map((session) => recordOf(session, session.id));
    },
    end: (token) => lucia.invalidateSession(token),
    endAll: (userId) => lucia.invalidateUserSessions(userId),
    removeExpired: () => lucia.deleteExpiredSessions(),
    readCookie: (header) => lucia.readSessionCookie(header),
    cookie: (token) => lucia.createSessionCookie(token).serialize(),
    blankCookie: () => lucia.createBlankSessionCookie().serialize(),
  };
}

async function startSession(
  lucia: LuciaInstance,
  userId: string,
  origin: SessionOrigin,
): Promise<{ token: string }> {
  const created_at = new Date();
  const session = await lucia.createSession(
    userId,
    {
      ip: origin.ip,
      user_agent: origin.user_agent?.slice(0, longestUserAgent) ?? null,
      created_at,
      absolute_expires_at: new Date(created_at.getTime() + absoluteDays * millisecondsPerDay),
    },
    { sessionId: generateIdFromEntropySize(tokenBytes) },
  );
  return { token: session.id };
}

async function validateSession(lucia: LuciaInstance, token: string): Promise<SessionVerdict> {
  const { session, user } = await lucia.validateSession(token);
  if (session === null) return { kind: "invalid" };
  return { kind: "valid", session: recordOf(session, sessionIdOf(token)), user, renewed: session.fresh };
}

function recordOf(session: SessionAttributes & { expiresAt: Date }, id: string): SessionRecord {
  const { absolute_expires_at, ip, user_agent, created_at } = session;
  // lucia reports the expiry that it asked for, and the store never goes past the absolute one.
  const expires_at = new Date(Math.min(session.expiresAt.getTime(), absolute_expires_at.getTime()));
  return { id, expires_at, ip, user_agent, created_at };
}
