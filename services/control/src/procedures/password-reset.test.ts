import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestMailServer, type TestMailServer } from "../mail/test-mail-server.ts";
import {
  type Person,
  startTestControl,
  type TestControl,
  testPassword,
  withDatabase,
} from "../test-control.ts";

let mail: TestMailServer;
let control: TestControl;
let person: Person;

beforeAll(async () => {
  mail = await startTestMailServer("takes");
  control = await startTestControl({
    environment: { SMTP_URL: mail.url, SMTP_FROM: "perpetuo@example.com" },
  });
});
afterAll(async () => {
  await control[Symbol.asyncDispose]();
  await mail[Symbol.asyncDispose]();
});
beforeEach(async () => {
  person = await control.signUp();
});

const newPassword = "a quite new password";

const request = (email: string) =>
  control.call({ method: "POST", path: "/auth/password-reset", body: { email } });
const confirm = (token: string, new_password = newPassword) =>
  control.call({ method: "POST", path: "/auth/password-reset/confirm", body: { token, new_password } });
const logIn = (password: string) =>
  control.call<{ token: string }>({
    method: "POST",
    path: "/auth/login",
    body: { email: person.email, password },
  });
const me = (token: string) => control.call({ path: "/auth/me", token });
const outcome = ({ status, error }: { status: number; error: { code: string } | null }) => [
  status,
  error?.code ?? null,
];

/** The tokens that were mailed to an address so far. */
function mailedTokens(email: string): string[] {
  const texts = mail.received.filter(({ to }) => to === email).map(({ data }) => data.replace(/=\n/g, ""));
  return texts.flatMap(
    (text) => /\/app\/reset-password#token(?:=3D|=)(reset_[\w-]{43})/.exec(text)?.[1] ?? [],
  );
}

/** Asks for a link and waits for the mail. */
async function mailedToken(): Promise<string> {
  const before = mailedTokens(person.email).length;
  expect((await request(person.email)).status).toBe(200);
  await expect.poll(() => mailedTokens(person.email).length).toBeGreaterThan(before);
  return mailedTokens(person.email).at(-1) ?? "";
}

describe("auth.requestPasswordReset", () => {
  test("auth.requestPasswordReset · mails a link, of which only the hash is stored, for 30 minutes", async () => {
    const token = await mailedToken();
    await withDatabase(control.database.administratorUrl, async ({ sql }) => {
      const [row] = await sql<{ token_hash: string; minutes: number }[]>`
        select token_hash, round(extract(epoch from expires_at - created_at) / 60)::integer as minutes
        from password_resets where user_id = ${person.user_id}`;
      expect(row).toEqual({ token_hash: createHash("sha256").update(token).digest("hex"), minutes: 30 });
    });
  });

  test("auth.requestPasswordReset · the same answer for an unknown address, and no mail", async () => {
    const [known, unknown] = [await request(person.email), await request("unknown@example.com")];
    expect([unknown.status, unknown.data]).toEqual([known.status, known.data]);
    // When a later request's mail is there, the earlier one has been worked off.
    await mailedToken();
    expect(mailedTokens("unknown@example.com")).toEqual([]);
  });

  test("auth.requestPasswordReset · 429 beyond the account's limit, whether or not there is one", async () => {
    const strict = await startTestControl({
      throttleRules: { resetPerAccount: { limit: 1, windowSeconds: 3600 } },
    });
    const known = await strict.signUp();
    const ask = async (email: string) =>
      (await strict.call({ method: "POST", path: "/auth/password-reset", body: { email } })).status;
    for (const email of [known.email, "unknown@example.com"]) {
      expect([await ask(email), await ask(email.toUpperCase())]).toEqual([200, 429]);
    }
    await strict[Symbol.asyncDispose]();
  });
});

describe("auth.resetPassword", () => {
  test("auth.resetPassword · the new password works, the old one does not, and every session has ended", async () => {
    const other = (await logIn(testPassword)).data.token;
    const token = await mailedToken();
    expect(outcome(await confirm(token))).toEqual([200, null]);
    expect([(await me(person.token)).status, (await me(other)).status]).toEqual([401, 401]);
    expect((await logIn(testPassword)).status).toBe(401);
    expect((await logIn(newPassword)).status).toBe(200);
  });

  test("auth.resetPassword · once, and no earlier link after it", async () => {
    const [first, second] = [await mailedToken(), await mailedToken()];
    expect((await confirm(first)).status).toBe(200);
    expect(outcome(await confirm(first, "yet another password"))).toEqual([404, "link_invalid"]);
    expect(outcome(await confirm(second, "yet another password"))).toEqual([404, "link_invalid"]);
    expect((await logIn(newPassword)).status).toBe(200);
  });

  test("auth.resetPassword · one password is set when the link is used many times at once", async () => {
    const token = await mailedToken();
    const passwords = Array.from({ length: 8 }, (_, index) => `parallel password ${index}`);
    const answers = await Promise.all(passwords.map((password) => confirm(token, password)));
    const winners = passwords.filter((_, index) => answers[index]?.status === 200);
    expect(winners).toHaveLength(1);
    expect((await logIn(winners[0] ?? "")).status).toBe(200);
  });

  test("auth.resetPassword · a password that is refused leaves the link as it is", async () => {
    const token = await mailedToken();
    expect(outcome(await confirm(token, "password123"))).toEqual([400, "password_too_common"]);
    expect(outcome(await confirm(token, "short"))).toEqual([400, "invalid_request"]);
    expect((await confirm(token)).status).toBe(200);
  });

  test("auth.resetPassword · 404 for a link that has expired, and for what was never one", async () => {
    const token = await mailedToken();
    await withDatabase(
      control.database.administratorUrl,
      ({ sql }) => sql`update password_resets set expires_at = now() where user_id = ${person.user_id}`,
    );
    for (const wrong of [token, token.slice(0, -1), "reset_x", person.token]) {
      expect(outcome(await confirm(wrong))).toEqual([404, "link_invalid"]);
    }
    expect((await me(person.token)).status).toBe(200);
  });

  test("auth.changePassword · makes links useless that were asked for before", async () => {
    const token = await mailedToken();
    await control.call({
      method: "PUT",
      path: "/auth/password",
      token: person.token,
      body: { current_password: testPassword, new_password: "changed in the console" },
    });
    expect(outcome(await confirm(token))).toEqual([404, "link_invalid"]);
  });

  test("auth.resetPassword · ends the lock-out of an account whose password others have guessed at", async () => {
    const strict = await startTestControl({
      environment: { SMTP_URL: mail.url, SMTP_FROM: "perpetuo@example.com" },
      throttleRules: { logInPerAccount: { limit: 1, windowSeconds: 3600 } },
    });
    const { email } = await strict.signUp();
    const post = (address: string, body: unknown) =>
      strict.call({ method: "POST", path: `/auth${address}`, body });
    await post("/login", { email, password: "a guess" });
    expect((await post("/login", { email, password: testPassword })).status).toBe(429);
    await post("/password-reset", { email });
    await expect.poll(() => mailedTokens(email)).toHaveLength(1);
    const [token] = mailedTokens(email);
    await post("/password-reset/confirm", { token, new_password: newPassword });
    expect((await post("/login", { email, password: newPassword })).status).toBe(200);
    await strict[Symbol.asyncDispose]();
  });
});

describe("npm run reset-password", () => {
  const script = path.join(import.meta.dirname, "..", "reset-password.ts");

  /** Runs the command as an operator does, and tells how it ended. */
  async function run(...commandArguments: string[]) {
    const environment = {
      PATH: process.env["PATH"] ?? "",
      CONTROL_DATABASE_URL: control.database.controlUrl,
      PUBLIC_URL: "https://perpetuo.example.com/",
    };
    return promisify(execFile)(process.execPath, [script, ...commandArguments], { env: environment }).then(
      ({ stdout }) => ({ code: 0, output: stdout }),
      ({ code, stderr }: { code: number; stderr: string }) => ({ code, output: stderr }),
    );
  }

  test.each([
    ["an e-mail address", ({ email }: Person) => email.toUpperCase()],
    ["a user id", ({ user_id }: Person) => user_id],
  ])("reset-password · prints a link that works, for %s", async (_case, nameOf) => {
    const { code, output } = await run(nameOf(person));
    expect(code).toBe(0);
    const link = /^https:\/\/perpetuo\.example\.com\/app\/reset-password#token=(reset_[\w-]{43})$/m;
    expect((await confirm(link.exec(output)?.[1] ?? "")).status).toBe(200);
    expect((await logIn(newPassword)).status).toBe(200);
  });

  test("reset-password · says what is wrong and makes no link", async () => {
    expect(await run("nobody@example.com")).toEqual({
      code: 1,
      output: "There is no account nobody@example.com.\n",
    });
    expect(await run()).toEqual({ code: 1, output: expect.stringContaining("Usage:") });
  });
});
