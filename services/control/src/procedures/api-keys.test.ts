import type { ApiKey } from "@perpetuo/contracts/api/api-keys";
import { findApiKey } from "@perpetuo/database/queries/proxy/find-api-key";
import { parseApiKey } from "@perpetuo/security/api-key";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type Answer,
  type Person,
  startTestControl,
  type TestControl,
  withDatabase,
} from "../test-control.ts";

let control: TestControl;
let owner: Person;

beforeAll(async () => {
  control = await startTestControl();
});
afterAll(() => control[Symbol.asyncDispose]());
beforeEach(async () => {
  owner = await control.signUp();
});

type CreatedKey = ApiKey & { api_key: string; previous?: ApiKey };

const call = <TData = CreatedKey>(method: string, path: string, body?: unknown): Promise<Answer<TData>> =>
  control.call<TData>({
    method,
    path: `/workspaces/${owner.workspace_id}/api-keys${path}`,
    body,
    token: owner.token,
  });
const keyOf = ({ data }: Answer<CreatedKey>) => data;
const create = async (body: Record<string, unknown> = {}) =>
  keyOf(await call("POST", "", { name: "Backend", ...body }));
const list = async () => (await call<{ items: ApiKey[] }>("GET", "")).data.items;

/** What the proxy learns about a key. */
async function resolve(text: string) {
  const parsed = parseApiKey(text);
  if (parsed.kind === "malformed") throw new TypeError("Not a key.");
  return withDatabase(control.database.proxyUrl, (database) => findApiKey(database, parsed.hash));
}

const inOneHour = () => new Date(Date.now() + 3_600_000).toISOString();

describe("apiKeys.create", () => {
  test("apiKeys.create · 201 with the key, which the list does not show again", async () => {
    const answer = await call("POST", "", { name: "Backend" });
    const { api_key, ...shown } = keyOf(answer);
    expect(answer.status).toBe(201);
    expect(api_key).toMatch(/^pk_[0-9a-f]{48}$/);
    expect(shown).toEqual({
      id: expect.any(String),
      name: "Backend",
      prefix: api_key.slice(0, 11),
      scopes: ["gateway"],
      models: null,
      limits: {},
      expires_at: null,
      last_used_at: null,
      revoked_at: null,
      created_at: expect.any(String),
    });
    const keys = await list();
    expect(keys.map(({ name }) => name)).toEqual(["Backend", "First key"]);
    expect(keys[0]).toEqual(shown);
    expect(JSON.stringify(keys)).not.toContain(api_key);
  });

  test("apiKeys.create · the proxy finds the key with its restrictions", async () => {
    const expires_at = inOneHour();
    const limits = { requests_per_minute: 10 };
    const { api_key, id } = await create({
      scopes: ["gateway", "reports:read"],
      models: ["gpt-4"],
      limits,
      expires_at,
    });
    expect(await resolve(api_key)).toEqual({
      api_key_id: id,
      workspace_id: owner.workspace_id,
      scopes: ["gateway", "reports:read"],
      models: ["gpt-4"],
      expires_at: Date.parse(expires_at),
      limits,
      spent: null,
    });
  });

  test.each([
    ["no name", { name: "" }],
    ["no scopes", { scopes: [] }],
    ["an unknown scope", { scopes: ["admin"] }],
    ["an expiry in the past", { expires_at: "2020-01-01T00:00:00Z" }],
    ["an expiry that is no time", { expires_at: "tomorrow" }],
    ["a hash of its own", { key_hash: "0".repeat(64) }],
    ["a hidden key", { hidden: true }],
  ])("apiKeys.create · 400 with %s", async (_case, change) => {
    const answer = await call("POST", "", { name: "Bad", ...change });
    expect([answer.status, answer.error.code]).toEqual([400, "invalid_request"]);
  });
});

describe("apiKeys.update", () => {
  test("apiKeys.update · changes what is named, with null for no restriction", async () => {
    const { api_key, ...key } = await create({ models: ["gpt-4"], expires_at: inOneHour() });
    const changed = keyOf(
      await call("PUT", `/${key.id}`, { name: "Renamed", models: null, expires_at: null }),
    );
    expect(changed).toEqual({ ...key, name: "Renamed", models: null, expires_at: null });
    expect(await resolve(api_key)).toMatchObject({ models: null, expires_at: null });
  });
});

describe("apiKeys.revoke", () => {
  test("apiKeys.revoke · the proxy no longer finds the key, and the first moment stays", async () => {
    const { api_key, id } = await create();
    const first = keyOf(await call("POST", `/${id}/revoke`));
    expect(first.revoked_at).not.toBeNull();
    expect(await resolve(api_key)).toBeNull();
    expect(keyOf(await call("POST", `/${id}/revoke`)).revoked_at).toBe(first.revoked_at);
  });

  test("apiKeys.revoke · announced to the proxies", async () => {
    const { api_key, id } = await create();
    const parsed = parseApiKey(api_key);
    await withDatabase(control.database.proxyUrl, async ({ sql }) => {
      const announced = Promise.withResolvers<string>();
      await sql.listen("perpetuo_invalidation", (payload) => announced.resolve(payload));
      await call("POST", `/${id}/revoke`);
      const key_hash = parsed.kind === "well-formed" ? parsed.hash : "";
      expect(JSON.parse(await announced.promise)).toEqual({ kind: "api_key", key_hash });
    });
  });
});

describe("apiKeys.delete", () => {
  test("apiKeys.delete · gone, and 404 the second time", async () => {
    const { api_key, id } = await create();
    expect((await call("DELETE", `/${id}`)).data).toEqual({ id });
    expect(await resolve(api_key)).toBeNull();
    expect((await call("DELETE", `/${id}`)).status).toBe(404);
  });
});

describe("apiKeys.rotate", () => {
  test("apiKeys.rotate · a successor with the same settings, and both work during the overlap", async () => {
    const old = await create({ models: ["gpt-4"], limits: { requests_per_minute: 5 } });
    const answer = await call("POST", `/${old.id}/rotate`, { overlap_seconds: 60 });
    const { api_key, previous, ...successor } = keyOf(answer);
    expect(answer.status).toBe(201);
    expect(successor).toMatchObject({
      name: "Backend",
      models: ["gpt-4"],
      limits: { requests_per_minute: 5 },
    });
    expect(previous?.id).toBe(old.id);
    expect(Date.parse(previous?.expires_at ?? "") - Date.now()).toBeLessThanOrEqual(60_000);
    expect((await resolve(api_key))?.api_key_id).toBe(successor.id);
    expect((await resolve(old.api_key))?.api_key_id).toBe(old.id);
  });

  test("apiKeys.rotate · never lengthens the old key's life", async () => {
    const expires_at = inOneHour();
    const old = await create({ expires_at });
    const { previous } = keyOf(await call("POST", `/${old.id}/rotate`, { overlap_seconds: 86_400 }));
    expect(previous?.expires_at).toBe(expires_at);
  });

  test("apiKeys.rotate · 409 for a revoked key and after a rotation without overlap", async () => {
    const revoked = await create();
    await call("POST", `/${revoked.id}/revoke`);
    expect((await call("POST", `/${revoked.id}/rotate`)).status).toBe(409);
    const ended = await create();
    const rotations = await Promise.all(
      [1, 2].map(() => call("POST", `/${ended.id}/rotate`, { overlap_seconds: 0 })),
    );
    expect(rotations.map(({ status }) => status).sort()).toEqual([201, 409]);
  });
});
