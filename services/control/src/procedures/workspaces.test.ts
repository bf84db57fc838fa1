import type { Workspace } from "@perpetuo/contracts/api/workspaces";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Person, startTestControl, type TestControl, withDatabase } from "../test-control.ts";

let control: TestControl;
let owner: Person;

beforeAll(async () => {
  control = await startTestControl();
  owner = await control.signUp();
});
afterAll(() => control[Symbol.asyncDispose]());

const call = (method: string, path: string, body?: unknown) =>
  control.call<Workspace>({ method, path, body, token: owner.token });
const list = async (token: string) => {
  const { data } = await control.call<{ items: Workspace[] }>({ path: "/workspaces", token });
  return data.items.map(({ id }) => id);
};
const create = (body: unknown) => call("POST", "/workspaces", body);

describe("workspaces.create, workspaces.list", () => {
  test("workspaces.create · 201, and the list has it after the first one", async () => {
    const created = await create({ name: "Söldner & Co" });
    expect(created.status).toBe(201);
    expect(created.data).toMatchObject({ name: "Söldner & Co", role: "owner", limits: {} });
    expect(created.data.slug).toMatch(/^so-ldner-co-[0-9a-f]{8}$/);
    expect(await list(owner.token)).toEqual([owner.workspace_id, created.data.id]);
  });

  test("workspaces.create · 409 for a slug that is taken", async () => {
    expect((await create({ name: "One", slug: "taken-slug" })).status).toBe(201);
    const answer = await create({ name: "Two", slug: "taken-slug" });
    expect([answer.status, answer.error.code]).toEqual([409, "conflict"]);
  });

  test.each(["ab", "Upper", "two--hyphens", "-edge", "späce"])(
    "workspaces.create · 400 for the slug %s",
    async (slug) => {
      expect((await create({ name: "Bad", slug })).status).toBe(400);
    },
  );

  test("workspaces.list · only the caller's own", async () => {
    const stranger = await control.signUp();
    expect(await list(stranger.token)).toEqual([stranger.workspace_id]);
  });
});

describe("workspaces.update", () => {
  test("workspaces.update · changes what is named and keeps the rest", async () => {
    const id = (await create({ name: "Before", slug: "before-slug" })).data.id;
    const limits = { requests_per_minute: 60, budget_daily_micros: 5_000_000 };
    const answer = await call("PUT", `/workspaces/${id}`, { name: "After", limits });
    expect(answer.data).toMatchObject({ id, name: "After", slug: "before-slug", limits });
    expect((await call("PUT", `/workspaces/${id}`, {})).data).toEqual(answer.data);
    expect((await call("GET", `/workspaces/${id}`)).data).toEqual(answer.data);
  });

  test("workspaces.update · 409 for a slug of another workspace", async () => {
    await create({ name: "Holder", slug: "held-slug" });
    const answer = await call("PUT", `/workspaces/${owner.workspace_id}`, { slug: "held-slug" });
    expect([answer.status, answer.error.code]).toEqual([409, "conflict"]);
  });

  test.each([
    [{ limits: { requests_per_minute: 0 } }],
    [{ limits: { requests_per_minute: 1.5 } }],
    [{ limits: { unknown: 1 } }],
    [{ limits: { budget_daily_micros: "5" } }],
  ])("workspaces.update · 400 for %j", async (body) => {
    expect((await call("PUT", `/workspaces/${owner.workspace_id}`, body)).status).toBe(400);
  });
});

describe("workspaces.delete", () => {
  test("workspaces.delete · gone for its members, kept in the database", async () => {
    const id = (await create({ name: "Doomed" })).data.id;
    const member = await control.addMember(id, "member");
    expect((await call("DELETE", `/workspaces/${id}`)).data).toEqual({ id });
    expect((await call("GET", `/workspaces/${id}`)).status).toBe(404);
    expect((await control.call({ path: `/workspaces/${id}/logs`, token: member.token })).status).toBe(404);
    expect((await call("DELETE", `/workspaces/${id}`)).status).toBe(404);
    expect(await list(owner.token)).not.toContain(id);
    const rows = await withDatabase(
      control.database.administratorUrl,
      ({ sql }) => sql`select deleted_at is not null as deleted from workspaces where id = ${id}`,
    );
    expect(rows).toEqual([{ deleted: true }]);
  });
});

describe("workspaces.profile, workspaces.updateProfile", () => {
  test("workspaces.updateProfile · fills in, keeps what is not named, clears with null", async () => {
    const path = `/workspaces/${owner.workspace_id}/profile`;
    const empty = {
      kind: null,
      specialty: null,
      description: null,
      mission: null,
      contact: {},
      working_hours: {},
      persona: {},
    };
    expect((await call("GET", path)).data).toEqual(empty);
    const first = {
      mission: "Help",
      contact: { email: "desk@example.com" },
      working_hours: { monday: "09:00–17:00" },
    };
    expect((await call("PUT", path, first)).data).toEqual({ ...empty, ...first });
    const second = { mission: null, persona: { personality: "calm" } };
    expect((await call("PUT", path, second)).data).toEqual({ ...empty, ...first, ...second });
    expect((await call("PUT", path, { contact: { site: "javascript:alert(1)" } })).status).toBe(400);
  });
});

describe("audit", () => {
  test("workspaces.update · the audit trail names the person, the address and the program", async () => {
    const headers = { "user-agent": "Audit/1.0" };
    const path = `/workspaces/${owner.workspace_id}`;
    await control.call({ method: "PUT", path, body: { name: "Audited" }, token: owner.token, headers });
    const rows = await withDatabase(
      control.database.administratorUrl,
      ({ sql }) => sql`
        select actor, action, ip, user_agent, after ->> 'name' as name from audit_logs
        where workspace_id = ${owner.workspace_id} and table_name = 'workspaces' order by created_at desc limit 1`,
    );
    expect(rows).toEqual([
      { actor: owner.user_id, action: "update", ip: "127.0.0.1", user_agent: "Audit/1.0", name: "Audited" },
    ]);
  });
});
