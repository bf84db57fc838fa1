import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestMailServer } from "../mail/test-mail-server.ts";
import { type Person, startTestControl, type TestControl, withDatabase } from "../test-control.ts";
import { membersCalls, outcomeOf, type Sent, tokenOf } from "./members.test-calls.ts";

let control: TestControl;
let owner: Person;
let admin: Person;
let calls: ReturnType<typeof membersCalls>;

beforeAll(async () => {
  control = await startTestControl();
  calls = membersCalls(control, () => owner.workspace_id);
});
afterAll(() => control[Symbol.asyncDispose]());
beforeEach(async () => {
  owner = await control.signUp();
  admin = await control.addMember(owner.workspace_id, "admin");
});

const newEmail = () => `${randomBytes(6).toString("hex")}@example.com`;

describe("members.invite", () => {
  test("members.invite · without mail the inviter gets the link, and only the hash is stored", async () => {
    const email = newEmail();
    const { status, data } = await calls.invite(admin, email.toUpperCase(), "admin");
    expect(status).toBe(201);
    expect(data.delivery).toEqual({
      kind: "link",
      link: expect.stringMatching(/^http:\/\/localhost:3000\/app\/invitation#token=invite_[\w-]{80}$/),
      reason: "mail_not_configured",
    });
    expect(data.invite).toMatchObject({ email, role: "admin", invited_by: "Test User" });
    const hours = (Date.parse(data.invite.expires_at) - Date.parse(data.invite.created_at)) / 3_600_000;
    expect(Math.round(hours)).toBe(72);
    expect(JSON.stringify(await calls.pending(owner))).not.toContain(tokenOf(data));
    await withDatabase(control.database.administratorUrl, async ({ sql }) => {
      const [row] = await sql`select token_hash from invites where id = ${data.invite.id}`;
      expect(row?.["token_hash"]).toBe(createHash("sha256").update(tokenOf(data)).digest("hex"));
      const [trail] = await sql`select after from audit_logs where record_id = ${data.invite.id}`;
      expect(trail?.["after"]).toMatchObject({ token_hash: "[redacted]", role: "admin" });
    });
  });

  test("members.invite · 403 for a role above the inviter's, 409 for a member", async () => {
    expect(outcomeOf(await calls.invite(admin, newEmail(), "owner"))).toEqual([403, "forbidden"]);
    expect(outcomeOf(await calls.invite(owner, admin.email))).toEqual([409, "conflict"]);
    expect(await calls.pending(owner)).toEqual([]);
  });

  test("members.invite · a second invitation to an address takes the place of the first", async () => {
    const guest = await control.signUp();
    const first = tokenOf((await calls.invite(owner, guest.email, "admin")).data);
    const second = tokenOf((await calls.invite(owner, guest.email, "viewer")).data);
    expect((await calls.pending(owner)).map(({ role }) => role)).toEqual(["viewer"]);
    expect(outcomeOf(await calls.accept(guest, first))).toEqual([404, "link_invalid"]);
    expect((await calls.accept(guest, second)).data).toMatchObject({ role: "viewer" });
  });

  test("members.invite · an admin neither revokes nor replaces an invitation to a role above their own", async () => {
    const guest = await control.signUp();
    const sent = (await calls.invite(owner, guest.email, "owner")).data;
    expect(outcomeOf(await calls.revoke(admin, sent))).toEqual([403, "forbidden"]);
    expect(outcomeOf(await calls.invite(admin, guest.email, "viewer"))).toEqual([403, "forbidden"]);
    expect((await calls.accept(guest, tokenOf(sent))).data).toMatchObject({ role: "owner" });
  });

  test("members.invite · 429 beyond the inviter's limit", async () => {
    const strict = await startTestControl({
      throttleRules: { invitePerUser: { limit: 1, windowSeconds: 3600 } },
    });
    const person = await strict.signUp();
    const send = (email: string) =>
      strict.call({
        method: "POST",
        path: `/workspaces/${person.workspace_id}/invites`,
        body: { email, role: "viewer" },
        token: person.token,
      });
    expect((await send(newEmail())).status).toBe(201);
    expect(outcomeOf(await send(newEmail()))).toEqual([429, "rate_limit_exceeded"]);
    await strict[Symbol.asyncDispose]();
  });
});

describe("members.acceptInvite", () => {
  test("members.acceptInvite · makes the invited person a member, once", async () => {
    const guest = await control.signUp();
    const token = tokenOf((await calls.invite(admin, guest.email)).data);
    expect((await calls.preview(token)).data).toMatchObject({
      workspace_name: "Default Workspace",
      invited_by: "Test User",
      email: guest.email,
      role: "member",
    });
    expect((await calls.accept(guest, token)).data).toMatchObject({ id: owner.workspace_id, role: "member" });
    expect(
      (await control.call({ path: `/workspaces/${owner.workspace_id}`, token: guest.token })).status,
    ).toBe(200);
    expect(await calls.pending(owner)).toEqual([]);
    expect(outcomeOf(await calls.accept(guest, token))).toEqual([404, "link_invalid"]);
    expect(outcomeOf(await calls.preview(token))).toEqual([404, "link_invalid"]);
  });

  test("members.acceptInvite · one membership when it is accepted fifty times at once", async () => {
    const guest = await control.signUp();
    const token = tokenOf((await calls.invite(owner, guest.email)).data);
    const answers = await Promise.all(Array.from({ length: 50 }, () => calls.accept(guest, token)));
    const outcomes = answers.map((answer) => String(outcomeOf(answer)));
    expect(outcomes.filter((text) => text === "201,")).toHaveLength(1);
    expect(outcomes.filter((text) => text === "404,link_invalid")).toHaveLength(49);
    expect((await calls.members(owner)).filter(({ user_id }) => user_id === guest.user_id)).toHaveLength(1);
  });

  test("members.acceptInvite · 403 for another address, and the invitation stays", async () => {
    const [guest, thief] = [await control.signUp(), await control.signUp()];
    const token = tokenOf((await calls.invite(owner, guest.email)).data);
    expect(outcomeOf(await calls.accept(thief, token))).toEqual([403, "forbidden"]);
    expect((await calls.accept(guest, token)).status).toBe(201);
  });

  test("members.acceptInvite · the role is the invitation's: a role in the call is refused", async () => {
    const guest = await control.signUp();
    const token = tokenOf((await calls.invite(owner, guest.email, "viewer")).data);
    expect(outcomeOf(await calls.accept(guest, token, { role: "owner" }))).toEqual([400, "invalid_request"]);
    expect((await calls.accept(guest, token)).data).toMatchObject({ role: "viewer" });
  });

  test("members.acceptInvite · 404 for a token of another workspace's id, and for what is no token", async () => {
    const guest = await control.signUp();
    const token = tokenOf((await calls.invite(owner, guest.email)).data);
    const moved = token.replace(owner.workspace_id, guest.workspace_id);
    for (const wrong of [moved, `${token}x`, token.slice(0, -1), "invite_", "x".repeat(200)]) {
      expect(outcomeOf(await calls.accept(guest, wrong))).toEqual([404, "link_invalid"]);
    }
    expect((await calls.accept(guest, token)).status).toBe(201);
  });

  test("members.acceptInvite · 404 once it is revoked or has expired, or the workspace is gone", async () => {
    const guest = await control.signUp();
    const revoked = (await calls.invite(owner, guest.email)).data;
    const revoke = () => calls.revoke(admin, revoked);
    expect((await revoke()).status).toBe(200);
    expect(outcomeOf(await revoke())).toEqual([404, "not_found"]);
    expect(outcomeOf(await calls.accept(guest, tokenOf(revoked)))).toEqual([404, "link_invalid"]);

    const expired = (await calls.invite(owner, guest.email)).data;
    await withDatabase(
      control.database.administratorUrl,
      ({ sql }) => sql`update invites set expires_at = now() where id = ${expired.invite.id}`,
    );
    expect(outcomeOf(await calls.accept(guest, tokenOf(expired)))).toEqual([404, "link_invalid"]);
    expect(await calls.pending(owner)).toEqual([]);

    const orphaned = (await calls.invite(owner, guest.email)).data;
    await control.call({ method: "DELETE", path: `/workspaces/${owner.workspace_id}`, token: owner.token });
    expect(outcomeOf(await calls.accept(guest, tokenOf(orphaned)))).toEqual([404, "link_invalid"]);
  });

  test.each([
    ["is demoted", () => calls.changeRole(owner, admin, "member")],
    ["is removed", () => calls.remove(owner, admin)],
    ["leaves", () => calls.leave(admin)],
  ])("members.acceptInvite · 404 when the inviter %s", async (_case, lose) => {
    const guest = await control.signUp();
    const token = tokenOf((await calls.invite(admin, guest.email)).data);
    expect((await lose()).status).toBe(200);
    expect(await calls.pending(owner)).toEqual([]);
    expect(outcomeOf(await calls.accept(guest, token))).toEqual([404, "link_invalid"]);
  });

  test("members.changeRole · keeps the invitations that the new role still allows", async () => {
    const second = await control.addMember(owner.workspace_id, "owner");
    const [guest, ownerToBe] = [await control.signUp(), await control.signUp()];
    const kept = tokenOf((await calls.invite(second, guest.email, "admin")).data);
    const lost = tokenOf((await calls.invite(second, ownerToBe.email, "owner")).data);
    await calls.changeRole(owner, second, "admin");
    expect((await calls.accept(guest, kept)).status).toBe(201);
    expect(outcomeOf(await calls.accept(ownerToBe, lost))).toEqual([404, "link_invalid"]);
  });
});

describe("invitations by mail", () => {
  /** A control plane with a mail server, and what an invitation from it looks like. */
  async function inviteByMail(behaviour: "takes" | "refuses") {
    const mail = await startTestMailServer(behaviour);
    const mailing = await startTestControl({
      environment: { SMTP_URL: mail.url, SMTP_FROM: "Perpetuo <perpetuo@example.com>" },
    });
    const inviter = await mailing.signUp();
    const name = "Bank\nOpen http://evil.example now";
    await mailing.call({
      method: "PUT",
      path: `/workspaces/${inviter.workspace_id}`,
      body: { name },
      token: inviter.token,
    });
    const email = newEmail();
    const { data } = await mailing.call<Sent>({
      method: "POST",
      path: `/workspaces/${inviter.workspace_id}/invites`,
      body: { email, role: "member" },
      token: inviter.token,
    });
    await mailing[Symbol.asyncDispose]();
    await mail[Symbol.asyncDispose]();
    return { ...data, email, received: mail.received };
  }

  test("members.invite · the link goes to the invited address and not to the inviter", async () => {
    const { delivery, email, received } = await inviteByMail("takes");
    expect(delivery).toEqual({ kind: "mail" });
    expect(received.map(({ to }) => to)).toEqual([email]);
    const text = received[0]?.data.replace(/=\n/g, "").replace(/=3D/g, "=") ?? "";
    expect(text).toMatch(/http:\/\/localhost:3000\/app\/invitation#token=invite_[\w-]{80}/);
    expect(text).not.toContain("evil.example");
  });

  test("members.invite · the inviter gets the link when the mail server refuses", async () => {
    const { delivery } = await inviteByMail("refuses");
    expect(delivery).toMatchObject({ kind: "link", reason: "mail_failed" });
  });
});
