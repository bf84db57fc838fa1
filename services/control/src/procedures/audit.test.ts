import { randomUUID } from "node:crypto";
import type { AuditEntry } from "@perpetuo/contracts/api/audit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, startTestControl, type TestControl } from "../test-control.ts";

let control: TestControl;
let owner: Person;
let admin: Person;

type Page = { items: AuditEntry[]; next_cursor: string | null };

const list = (query: Record<string, string> = {}, person = owner) =>
  control.call<Page>({
    path: `/workspaces/${owner.workspace_id}/audit?${new URLSearchParams(query)}`,
    token: person.token,
  });
const change = (call: { method: string; path: string; body: unknown }, person = owner) =>
  control.call<{ id: string }>({
    ...call,
    path: `/workspaces/${owner.workspace_id}${call.path}`,
    token: person.token,
    headers: { "user-agent": "Test/1.0" },
  });

const secret = "sk-proj-0123456789abcdef-secret";
let providerKeyId: string;

beforeAll(async () => {
  control = await startTestControl();
  owner = await control.signUp();
  admin = await control.addMember(owner.workspace_id, "admin");
  providerKeyId = (
    await change({ method: "POST", path: "/providers", body: { provider: "openai", api_key: secret } })
  ).data.id;
  await change({ method: "PUT", path: `/providers/${providerKeyId}`, body: { name: "Renamed" } }, admin);
  await change({ method: "PUT", path: "", body: { name: "First name" } });
  await change({ method: "PUT", path: "", body: { name: "Second name" } });
  await control.signUp();
});
afterAll(() => control[Symbol.asyncDispose]());

test("audit.list · newest first: who, from where, what, before and after", async () => {
  const { data } = await list();
  expect(data.items[0]).toEqual({
    id: expect.any(String),
    actor: owner.user_id,
    actor_name: "Test User",
    action: "update",
    table: "workspaces",
    record: owner.workspace_id,
    before: expect.objectContaining({ name: "First name" }),
    after: expect.objectContaining({ name: "Second name" }),
    ip: "127.0.0.1",
    user_agent: "Test/1.0",
    created_at: expect.any(String),
  });
  const times = data.items.map(({ created_at }) => created_at);
  expect(times).toEqual(times.toSorted().reverse());
});

test("audit.list · secrets are masked", async () => {
  const { data } = await list({ table: "provider_keys" });
  expect(data.items.map(({ action }) => action)).toEqual(["update", "insert"]);
  expect(data.items[1]?.after).toMatchObject({ ciphertext: "[redacted]" });
  expect(JSON.stringify((await list({ limit: "200" })).data)).not.toContain(secret);
});

test("audit.list · only this workspace's changes, and no one's account", async () => {
  const { data } = await list({ limit: "200" });
  expect(data.items.length).toBeGreaterThan(5);
  expect(data.items.filter(({ table }) => table === "users")).toEqual([]);
  const elsewhere = data.items.filter((entry) => !JSON.stringify(entry).includes(owner.workspace_id));
  expect(elsewhere).toEqual([]);
});

test("audit.list · by actor, table, record, action and time", async () => {
  const found = async (query: Record<string, string>) =>
    (await list({ limit: "200", ...query })).data.items.map(({ table, action }) => `${action} ${table}`);
  expect(await found({ actor: admin.user_id })).toEqual(["update provider_keys"]);
  expect(await found({ record: providerKeyId, action: "insert" })).toEqual(["insert provider_keys"]);
  expect(await found({ table: "workspaces", action: "update" })).toHaveLength(2);
  const { created_at } = (await list()).data.items[0] ?? { created_at: "" };
  expect(await found({ from: created_at })).toContain("update workspaces");
  expect(await found({ to: created_at, table: "workspaces", action: "update" })).toHaveLength(1);
  expect(await found({ actor: "nobody" })).toEqual([]);
});

test("audit.list · pages by cursor, without a gap or a row twice", async () => {
  const all = (await list({ limit: "200" })).data.items.map(({ id }) => id);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Page = (await list({ limit: "3", ...(cursor === null ? {} : { cursor }) })).data;
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.next_cursor;
  } while (cursor !== null);
  expect(seen).toEqual(all);
});

test("audit.list · 400 for a cursor of one's own making", async () => {
  const late = Buffer.from(`999999999999999_${randomUUID()}`).toString("base64url");
  for (const cursor of ["x", late]) {
    const answer = await list({ cursor });
    expect([answer.status, answer.error.code]).toEqual([400, "invalid_request"]);
  }
});

test("audit.list · 400 for a year that the database does not have", async () => {
  const answer = await list({ from: "0000-01-01T00:00:00Z" });
  expect([answer.status, answer.error.code]).toEqual([400, "invalid_request"]);
});
