import type { Session } from "@perpetuo/contracts/api/auth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Person,
  startTestControl,
  type TestControl,
  testPassword,
  withDatabase,
} from "../test-control.ts";

let control: TestControl;

beforeAll(async () => {
  control = await startTestControl();
});
afterAll(() => control[Symbol.asyncDispose]());

const signUp = (body: unknown) => control.call({ method: "POST", path: "/auth/signup", body });
const logIn = (body: unknown, headers: Record<string, string> = {}) =>
  control.call<{ token: string }>({ method: "POST", path: "/auth/login", body, headers });
const me = (token: string) => control.call<{ session: Session }>({ path: "/auth/me", token });
const credentials = ({ email }: Person) => ({ email, password: testPassword });

describe("auth.signUp", () => {
  test("auth.signUp · 201 with user, token, default workspace and API key", async () => {
    const answer = await signUp({ email: "test@example.com", password: testPassword, name: "Test User" });
    expect(answer.error).toBeNull();
    expect(answer.status).toBe(201);
    expect(answer.data).toEqual({
      user: {
        id: expect.any(String),
        email: "test@example.com",
        name: "Test User",
        created_at: expect.any(String),
      },
      token: expect.stringMatching(/^[a-z0-9]{52}$/),
      workspace: expect.objectContaining({ name: "Default Workspace", role: "owner", limits: {} }),
      api_key: expect.stringMatching(/^pk_[0-9a-f]{48}$/),
    });
  });

  test("auth.signUp · 409 email_taken for a known address, whatever its case", async () => {
    const { email } = await control.signUp();
    const answer = await signUp({ email: email.toUpperCase(), password: testPassword, name: "Again" });
    expect([answer.status, answer.error.code]).toEqual([409, "email_taken"]);
  });

  test("auth.signUp · one account when the same address signs up twice at once", async () => {
    const body = { email: "twice@example.com", password: testPassword, name: "Twice" };
    const answers = await Promise.all([signUp(body), signUp(body), signUp(body)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  test("auth.signUp · makes the workspace usable: owner, data key, config version 1, key hash", async () => {
    const person = await control.signUp();
    await withDatabase(control.database.administratorUrl, async ({ sql }) => {
      const id = person.workspace_id;
      expect(await sql`select role, user_id from memberships where workspace_id = ${id}`).toEqual([
        { role: "owner", user_id: person.user_id },
      ]);
      expect(
        await sql`select version, snapshot::text from config_versions where workspace_id = ${id}`,
      ).toEqual([{ version: 1, snapshot: '{"format": 1, "routes": [], "policies": []}' }]);
      expect(await sql`select retired_at from data_keys where workspace_id = ${id}`).toEqual([
        { retired_at: null },
      ]);
      const [key] = await sql`select key_hash, prefix from api_keys where workspace_id = ${id}`;
      expect(key?.["prefix"]).toBe(person.api_key.slice(0, 11));
      expect(key?.["key_hash"]).not.toContain(person.api_key);
    });
  });

  test.each([
    ["a password of 7 characters", { password: "Abcde1!" }, "password"],
    ["a password of 257 characters", { password: "x".repeat(257) }, "password"],
    ["no e-mail address", { email: "nobody" }, "email"],
    ["an empty name", { name: "   " }, "name"],
    ["a name with NUL", { name: "a\u0000b" }, "name"],
    ["a name with half a surrogate pair", { name: "a\ud800" }, "name"],
  ])("auth.signUp · 400 for %s", async (_case, change, field) => {
    const answer = await signUp({ email: "bad@example.com", password: testPassword, name: "Bad", ...change });
    expect([answer.status, answer.error.code]).toEqual([400, "invalid_request"]);
    expect(answer.error.details).toEqual({ fields: [expect.objectContaining({ field })] });
  });

  test.each(["password123", "PASSWORD123", "qwertyuiop"])(
    "auth.signUp · 400 password_too_common for %s",
    async (password) => {
      const answer = await signUp({ email: "common@example.com", password, name: "Common" });
      expect([answer.status, answer.error.code]).toEqual([400, "password_too_common"]);
    },
  );

  test("auth.signUp · 400 password_too_common for the e-mail address itself", async () => {
    const email = "mirror@example.com";
    expect((await signUp({ email, password: email, name: "Mirror" })).error.code).toBe("password_too_common");
  });
});

describe("auth.logIn", () => {
  test("auth.logIn · 401 and no session when the password changes while the log-in is under way", async () => {
    const person = await control.signUp();
    const { user_id } = person;
    await withDatabase(control.database.administratorUrl, async ({ sql }) => {
      const sessions = () => sql`select id from sessions where user_id = ${user_id}`;
      const before = await sessions();
      // The new session waits for the lock, after the password was found right.
      const pending = await sql.begin(async (transaction) => {
        await transaction`lock table sessions in share mode`;
        const answer = logIn(credentials(person));
        const waiting = () =>
          transaction`select from pg_locks where relation = 'sessions'::regclass and not granted`;
        await expect.poll(async () => (await waiting()).length, { timeout: 10_000 }).toBeGreaterThan(0);
        await transaction`update users set password_hash = 'changed' where id = ${user_id}`;
        return { answer };
      });
      const { status, error } = (await pending?.answer) ?? {};
      expect([status, error?.code]).toEqual([401, "invalid_credentials"]);
      expect(await sessions()).toEqual(before);
    });
  });

  test("auth.logIn · 200 with a new token and the workspace", async () => {
    const person = await control.signUp();
    const { status, data } = await logIn(credentials(person));
    expect(status).toBe(200);
    expect(data).toMatchObject({ user: { id: person.user_id }, workspace: { id: person.workspace_id } });
    expect(data.token).not.toBe(person.token);
    expect((await me(data.token)).status).toBe(200);
  });

  test("auth.logIn · the same answer for a wrong password and an unknown address", async () => {
    const { email } = await control.signUp();
    const wrong = await logIn({ email, password: "not the password" });
    const unknown = await logIn({ email: "unknown@example.com", password: "not the password" });
    expect(wrong.status).toBe(401);
    expect({ ...wrong.error, request_id: "" }).toEqual({ ...unknown.error, request_id: "" });
    expect(unknown.status).toBe(401);
  });

  test("auth.logIn · ends the session whose cookie came along", async () => {
    const person = await control.signUp();
    const headers = { cookie: `perpetuo_session=${person.token}`, "sec-fetch-site": "same-origin" };
    expect((await logIn(credentials(person), headers)).status).toBe(200);
    expect((await me(person.token)).status).toBe(401);
  });

  test("auth.logIn · sets an HttpOnly cookie that is good for calls", async () => {
    const { headers } = await logIn(credentials(await control.signUp()));
    const cookie = headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(
      /^perpetuo_session=[a-z0-9]{52}; HttpOnly; Max-Age=2592000; Path=\/; SameSite=Lax$/,
    );
    const answer = await control.call({ path: "/auth/me", headers: { cookie: cookie.split(";")[0] ?? "" } });
    expect(answer.status).toBe(200);
  });
});

describe("auth.me", () => {
  test("auth.me · 200 with user, session and workspaces", async () => {
    const person = await control.signUp();
    const { data } = await me(person.token);
    expect(data).toMatchObject({
      user: { id: person.user_id, email: person.email },
      session: { current: true },
      workspaces: [{ id: person.workspace_id, role: "owner" }],
    });
    expect(JSON.stringify(data)).not.toContain(person.token);
  });

  test.each([
    ["no credential", {}],
    ["an unknown token", { authorization: `Bearer ${"a".repeat(52)}` }],
    ["a blank token", { authorization: "Bearer " }],
    ["another scheme", { authorization: "Basic dTpw" }],
    ["an unknown cookie", { cookie: `perpetuo_session=${"a".repeat(52)}` }],
    ["an empty cookie", { cookie: "perpetuo_session=" }],
  ])("auth.me · 401 with %s", async (_case, headers) => {
    const answer = await control.call({ path: "/auth/me", headers: headers as Record<string, string> });
    expect([answer.status, answer.error.code]).toEqual([401, "unauthenticated"]);
  });

  test("auth.me · 401 with a malformed Authorization header beside a good cookie", async () => {
    const { token } = await control.signUp();
    const headers = { authorization: "Token x", cookie: `perpetuo_session=${token}` };
    expect((await control.call({ path: "/auth/me", headers })).status).toBe(401);
  });

  test("auth.me · 401 with the listed id of a session in place of its token", async () => {
    const { token } = await control.signUp();
    const { data } = await me(token);
    expect((await me(data.session.id)).status).toBe(401);
  });
});

describe("auth.logOut", () => {
  test("auth.logOut · the token is refused from then on and the cookie is removed", async () => {
    const { token } = await control.signUp();
    const answer = await control.call({ method: "POST", path: "/auth/logout", token });
    expect([answer.status, answer.data]).toEqual([200, {}]);
    expect(answer.headers.get("set-cookie")).toMatch(/^perpetuo_session=; HttpOnly; Max-Age=0/);
    expect((await me(token)).status).toBe(401);
  });
});

describe("auth.changePassword", () => {
  const change = (token: string, body: unknown) =>
    control.call<{ token: string }>({ method: "PUT", path: "/auth/password", token, body });

  test("auth.changePassword · every session ends, the new token and password work, the old ones do not", async () => {
    const person = await control.signUp();
    const other = (await logIn(credentials(person))).data.token;
    const body = { current_password: testPassword, new_password: "a quite new password" };
    const { status, data } = await change(person.token, body);
    expect(status).toBe(200);
    expect((await me(data.token)).status).toBe(200);
    expect((await me(person.token)).status).toBe(401);
    expect((await me(other)).status).toBe(401);
    expect((await logIn(credentials(person))).status).toBe(401);
    expect((await logIn({ email: person.email, password: "a quite new password" })).status).toBe(200);
  });

  test("auth.changePassword · 401 invalid_credentials when the current password is wrong", async () => {
    const { token } = await control.signUp();
    const answer = await change(token, { current_password: "wrong", new_password: "a quite new password" });
    expect([answer.status, answer.error.code]).toEqual([401, "invalid_credentials"]);
    expect((await me(token)).status).toBe(200);
  });

  test("auth.changePassword · 400 when the new password is common", async () => {
    const { token } = await control.signUp();
    const answer = await change(token, { current_password: testPassword, new_password: "password123" });
    expect(answer.error.code).toBe("password_too_common");
  });
});

describe("auth.listSessions, auth.revokeSession", () => {
  test("auth.revokeSession · ends one session of the caller and no other", async () => {
    const person = await control.signUp();
    const other = (await logIn(credentials(person), { "user-agent": "Other/1.0" })).data.token;
    const { data } = await control.call<{ items: Session[] }>({
      path: "/auth/sessions",
      token: person.token,
    });
    const sessions = data.items;
    expect(sessions.map(({ current }) => current)).toEqual([true, false]);
    expect(sessions[1]).toMatchObject({ user_agent: "Other/1.0", ip: "127.0.0.1" });
    const path = `/auth/sessions/${sessions[1]?.id}`;
    expect((await control.call({ method: "DELETE", path, token: person.token })).status).toBe(200);
    expect((await me(other)).status).toBe(401);
    expect((await me(person.token)).status).toBe(200);
  });

  test("auth.revokeSession · 404 for another person's session, which stays", async () => {
    const [person, stranger] = [await control.signUp(), await control.signUp()];
    const { data } = await me(stranger.token);
    const path = `/auth/sessions/${data.session.id}`;
    const answer = await control.call({ method: "DELETE", path, token: person.token });
    expect([answer.status, answer.error.code]).toEqual([404, "not_found"]);
    expect((await me(stranger.token)).status).toBe(200);
  });
});
