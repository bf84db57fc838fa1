import { createHash } from "node:crypto";
import { type Database, openDatabase } from "@perpetuo/database/connection";
import { createSessionStore } from "@perpetuo/database/queries/control/sessions";
import { createTestDatabase, type TestDatabase } from "@perpetuo/database/test-database";
import { createWorkspaceFixture } from "@perpetuo/database/test-fixtures";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createSessions, type Sessions } from "./sessions.ts";

// The contract of this folder: whatever replaces lucia must pass these.

let testDatabase: TestDatabase;
let database: Database;
let sessions: Sessions;
let userId: string;

const day = 24 * 60 * 60 * 1000;
const origin = { ip: "203.0.113.7", user_agent: "Test/1.0" };

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.controlUrl, { max: 2, applicationName: "test" });
  sessions = createSessions(createSessionStore(database), { kind: "plain-http" });
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});
beforeEach(async () => {
  userId = (await createWorkspaceFixture(database)).user_id;
});

const rows = () => database.sql<{ id: string; expires_at: string; absolute_expires_at: string }[]>`
  select id, expires_at::text, absolute_expires_at::text from sessions where user_id = ${userId}`;

/** As if the session had been used last so many days before its expiry. */
async function moveExpiry(days: { idle: number; absolute: number }): Promise<void> {
  const [idle, absolute] = [days.idle, days.absolute].map((count) =>
    new Date(Date.now() + count * day).toISOString(),
  );
  await database.sql`
    update sessions set expires_at = ${idle ?? ""}, absolute_expires_at = ${absolute ?? ""} where user_id = ${userId}`;
}

const daysLeft = (timestamp: string | undefined) =>
  Math.round((Date.parse(timestamp ?? "") - Date.now()) / day);

test("sessions.start · stores the hash of the token and never the token", async () => {
  const { token } = await sessions.start(userId, origin);
  const stored = await rows();
  expect(stored.map(({ id }) => id)).toEqual([createHash("sha256").update(token).digest("hex")]);
  expect(daysLeft(stored[0]?.expires_at)).toBe(30);
  expect(daysLeft(stored[0]?.absolute_expires_at)).toBe(90);
});

test("sessions.start · a new token each time, of 256 bits", async () => {
  const [first, second] = [await sessions.start(userId, origin), await sessions.start(userId, origin)];
  expect(first.token).toMatch(/^[a-z2-7]{52}$/);
  expect(second.token).not.toBe(first.token);
});

test("sessions.validate · the user and where the session came from", async () => {
  const { token } = await sessions.start(userId, origin);
  expect(await sessions.validate(token)).toMatchObject({
    kind: "valid",
    renewed: false,
    user: { id: userId, name: "Ada" },
    session: origin,
  });
});

test("sessions.validate · invalid for an unknown token and for the stored hash", async () => {
  await sessions.start(userId, origin);
  const [stored] = await rows();
  expect(await sessions.validate(stored?.id ?? "")).toEqual({ kind: "invalid" });
  expect(await sessions.validate("unknown")).toEqual({ kind: "invalid" });
});

test("sessions.validate · moves the expiry when half the time is over", async () => {
  const { token } = await sessions.start(userId, origin);
  await moveExpiry({ idle: 14, absolute: 80 });
  expect(await sessions.validate(token)).toMatchObject({ kind: "valid", renewed: true });
  expect(daysLeft((await rows())[0]?.expires_at)).toBe(30);
  expect(await sessions.validate(token)).toMatchObject({ kind: "valid", renewed: false });
});

test("sessions.validate · never moves the expiry past the absolute one", async () => {
  const { token } = await sessions.start(userId, origin);
  await moveExpiry({ idle: 5, absolute: 10 });
  const verdict = await sessions.validate(token);
  expect(daysLeft((await rows())[0]?.expires_at)).toBe(10);
  expect(verdict.kind === "valid" && daysLeft(verdict.session.expires_at.toISOString())).toBe(10);
});

test("sessions.validate · invalid after the expiry, and the row is gone", async () => {
  const { token } = await sessions.start(userId, origin);
  await moveExpiry({ idle: -1, absolute: 60 });
  expect(await sessions.validate(token)).toEqual({ kind: "invalid" });
  expect(await rows()).toHaveLength(0);
});

test("sessions.end · ends one session, sessions.endAll all of the user's and nobody else's", async () => {
  const other = (await createWorkspaceFixture(database)).user_id;
  const stranger = await sessions.start(other, origin);
  const [first, second] = [await sessions.start(userId, origin), await sessions.start(userId, origin)];
  await sessions.end(first.token);
  expect((await sessions.validate(first.token)).kind).toBe("invalid");
  expect((await sessions.validate(second.token)).kind).toBe("valid");
  await sessions.endAll(userId);
  expect((await sessions.validate(second.token)).kind).toBe("invalid");
  expect((await sessions.validate(stranger.token)).kind).toBe("valid");
});

test("sessions.list · the user's sessions that still run", async () => {
  await sessions.start(userId, origin);
  await moveExpiry({ idle: -1, absolute: 60 });
  const { token } = await sessions.start(userId, origin);
  const listed = await sessions.list(userId);
  expect(listed.map(({ id }) => id)).toEqual([createHash("sha256").update(token).digest("hex")]);
});

test("sessions.removeExpired · removes what has ended", async () => {
  await sessions.start(userId, origin);
  await moveExpiry({ idle: -1, absolute: 60 });
  const { token } = await sessions.start(userId, origin);
  await sessions.removeExpired();
  expect(await rows()).toHaveLength(1);
  expect((await sessions.validate(token)).kind).toBe("valid");
});

test("sessions.cookie · __Host- and Secure on https, neither on plain http", () => {
  const secure = createSessions(createSessionStore(database), { kind: "secure" });
  expect(secure.cookie("token")).toBe(
    "__Host-perpetuo_session=token; HttpOnly; Max-Age=2592000; Path=/; SameSite=Lax; Secure",
  );
  expect(sessions.cookie("token")).toBe(
    "perpetuo_session=token; HttpOnly; Max-Age=2592000; Path=/; SameSite=Lax",
  );
  expect(secure.readCookie("a=b; __Host-perpetuo_session=token; c=d")).toBe("token");
  expect(secure.readCookie("perpetuo_session=planted")).toBeNull();
});
