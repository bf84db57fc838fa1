import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ProviderKey } from "@perpetuo/contracts/api/providers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Answer,
  type Person,
  startTestControl,
  type TestControl,
  withDatabase,
} from "../test-control.ts";

const secret = "sk-proj-0123456789abcdefWXYZ";

let vendor: Server;
let seen: IncomingMessage[] = [];
let control: TestControl;
let owner: Person;

beforeAll(async () => {
  vendor = createServer((request, response) => {
    seen.push(request);
    const isKnown = request.headers.authorization === `Bearer ${secret}`;
    if (request.url === "/redirect/models") response.writeHead(302, { location: "/v1/models" }).end();
    else response.writeHead(isKnown ? 200 : 401).end('{"data":[]}');
  }).listen(0, "127.0.0.1");
  await once(vendor, "listening");
  control = await startTestControl({
    environment: { PERPETUO_PROVIDER_BASE_URLS: JSON.stringify({ mock: `${vendorUrl()}/v1` }) },
  });
  owner = await control.signUp();
});
afterAll(async () => {
  await control[Symbol.asyncDispose]();
  vendor.close();
});

const vendorUrl = () => `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`;
const callAs =
  (person: Person) =>
  <TData = ProviderKey>(method: string, path: string, body?: unknown): Promise<Answer<TData>> =>
    control.call<TData>({
      method,
      path: `/workspaces/${person.workspace_id}/providers${path}`,
      body,
      token: person.token,
    });
const call = <TData = ProviderKey>(method: string, path: string, body?: unknown) =>
  callAs(owner)<TData>(method, path, body);
const list = async () => (await call<{ items: ProviderKey[] }>("GET", "")).data.items;

async function add(body: Record<string, unknown>, person = owner): Promise<ProviderKey> {
  const answer = await callAs(person)("POST", "", {
    provider: "openai",
    api_key: secret,
    priority: 1,
    ...body,
  });
  expect(answer.error).toBeNull();
  expect(answer.status).toBe(201);
  return answer.data;
}

describe("providers.add", () => {
  test("providers.add · 201 with defaults and four characters of the secret", async () => {
    const person = await control.signUp();
    const answer = await callAs(person)("POST", "", { provider: "openai", api_key: secret, priority: 1 });
    expect(answer.status).toBe(201);
    expect(answer.data).toEqual({
      id: expect.any(String),
      provider: "openai",
      name: "openai",
      last_four: "WXYZ",
      base_url: null,
      models: null,
      priority: 1,
      weight: 1,
      enabled: true,
      health: { status: "unknown", last_success_at: null, failing_since: null, last_error: null },
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
  });

  test("providers.add · the secret is nowhere in the database nor in a list", async () => {
    const { id } = await add({ name: "Sealed" });
    const rows = await withDatabase(
      control.database.administratorUrl,
      ({ sql }) => sql`
        select ciphertext from provider_keys where id = ${id}
        union all select coalesce(after::text, '') from audit_logs where record_id = ${id}`,
    );
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(JSON.stringify((await call("GET", "")).data)).not.toContain(secret);
  });

  test("providers.add · a short secret shows nothing", async () => {
    expect((await add({ name: "Short", api_key: "mock" })).last_four).toBe("");
  });

  test("providers.add · names the second key of a provider apart, and refuses a name that is taken", async () => {
    const person = await control.signUp();
    expect((await add({}, person)).name).toBe("openai");
    expect((await add({}, person)).name).toBe("openai 2");
    expect((await add({ name: "openai 3" }, person)).name).toBe("openai 3");
    expect((await add({}, person)).name).toBe("openai 4");
    const taken = await callAs(person)("POST", "", { provider: "mistral", api_key: secret, name: "openai" });
    expect([taken.status, taken.error.code]).toEqual([409, "conflict"]);
  });

  test.each([
    ["a private address", "https://10.0.0.1/v1"],
    ["loopback in decimal", "https://2130706433/v1"],
    ["a mapped address", "https://[::ffff:127.0.0.1]/v1"],
    ["the metadata address", "https://169.254.169.254/"],
    ["a local name", "https://localhost/v1"],
    ["plain http", "http://api.example.com/v1"],
    ["credentials in the URL", "https://user:pass@api.example.com/v1"],
    ["another scheme", "file:///etc/passwd"],
  ])("providers.add · 400 for %s as base URL", async (_case, base_url) => {
    const answer = await call("POST", "", { provider: "openai-compatible", api_key: secret, base_url });
    expect([answer.status, answer.error.code]).toEqual([400, "invalid_request"]);
    expect(answer.error.message).toMatch(/^base_url: /);
  });

  test.each(["openai-compatible", "azure"])(
    "providers.add · 400 for %s without a base URL",
    async (provider) => {
      const answer = await call("POST", "", { provider, api_key: secret });
      expect(answer.error.message).toMatch(/^base_url: is required/);
    },
  );

  test.each(["ollama", "vllm"])(
    "providers.add · 400 for %s at its own address, naming the setting",
    async (provider) => {
      const answer = await call("POST", "", { provider });
      expect([answer.status, answer.error.code]).toEqual([400, "invalid_request"]);
      expect(answer.error.message).toMatch(/^base_url: .*PERPETUO_ALLOW_PRIVATE_UPSTREAMS=true/);
    },
  );

  test("providers.add · a server of one's own needs no credential, a vendor's needs one and no address", async () => {
    const own = { provider: "vllm", base_url: "https://vllm.example.com/v1/" };
    const { data } = await call("POST", "", own);
    expect(data).toMatchObject({ provider: "vllm", base_url: "https://vllm.example.com/v1", last_four: "" });
    const groq = await call("POST", "", { provider: "groq" });
    expect([groq.status, groq.error.message]).toEqual([400, expect.stringMatching(/^api_key: is required/)]);
    expect((await add({ provider: "groq" })).base_url).toBeNull();
  });

  test("providers.add · a mock key needs no base URL where the operator set one", async () => {
    expect((await add({ provider: "mock" })).base_url).toBeNull();
  });

  test.each([
    ["a secret with a line break", { api_key: "sk\r\nx: y" }],
    ["no secret", { api_key: " " }],
    ["an unknown provider", { provider: "nobody" }],
    ["priority 0", { priority: 0 }],
    ["a weight that is no whole number", { weight: 0.5 }],
    ["no models", { models: [] }],
    ["a field of the database", { ciphertext: "x" }],
    ["another workspace in the body", { workspace_id: "0198c0de-0000-7000-8000-000000000000" }],
  ])("providers.add · 400 for %s", async (_case, change) => {
    const answer = await call("POST", "", { provider: "openai", api_key: secret, priority: 1, ...change });
    expect([answer.status, answer.error.code]).toEqual([400, "invalid_request"]);
  });
});

describe("providers.update", () => {
  test("providers.update · changes what is named, with null for back to the default", async () => {
    const key = await add({ name: "To change", models: ["gpt-4"] });
    const changed = (await call("PUT", `/${key.id}`, { enabled: false, weight: 3, models: null })).data;
    expect(changed).toEqual({
      ...key,
      enabled: false,
      weight: 3,
      models: null,
      updated_at: expect.any(String),
    });
  });

  test("providers.update · 400 when the base URL moves to another origin without the secret", async () => {
    const base_url = "https://one.example.com/v1";
    const key = await add({ name: "Moving", provider: "openai-compatible", base_url });
    const path = `/${key.id}`;
    expect((await call("PUT", path, { base_url: "https://one.example.com/v2/" })).data).toMatchObject({
      base_url: "https://one.example.com/v2",
    });
    const moved = await call("PUT", path, { base_url: "https://two.example.com/v1" });
    expect([moved.status, moved.error.message]).toEqual([
      400,
      expect.stringMatching(/^api_key: is required/),
    ]);
    const both = await call("PUT", path, {
      base_url: "https://two.example.com/v1",
      api_key: "sk-another-secret-9876",
    });
    expect(both.data).toMatchObject({ base_url: "https://two.example.com/v1", last_four: "9876" });
    expect((await call("PUT", path, { base_url: null })).error.message).toMatch(/^base_url: is required/);
  });

  test("providers.update · 409 for a name that is taken", async () => {
    await add({ name: "Holder" });
    const key = await add({ name: "Wanting" });
    expect((await call("PUT", `/${key.id}`, { name: "Holder" })).status).toBe(409);
  });

  test("providers.update · 404 for an unknown key", async () => {
    const answer = await call("PUT", "/0198c0de-0000-7000-8000-000000000000", { weight: 2 });
    expect([answer.status, answer.error.code]).toEqual([404, "not_found"]);
  });
});

describe("providers.reorder", () => {
  test("providers.reorder · priorities become 1, 2, 3 in the given order", async () => {
    const person = await control.signUp();
    const keys = [await add({}, person), await add({}, person), await add({}, person)];
    const order = [keys[2]?.id, keys[0]?.id, keys[1]?.id];
    const body = { provider_key_ids: order };
    const { data } = await callAs(person)<{ items: ProviderKey[] }>("PUT", "/order", body);
    expect(data.items.map(({ id, priority }) => [id, priority])).toEqual(
      order.map((id, index) => [id, index + 1]),
    );
  });

  test("providers.reorder · 409 for a part of the list, 400 for a key twice, 404 for another's key", async () => {
    const person = await control.signUp();
    const [first, second] = [await add({}, person), await add({}, person)];
    const foreign = await add({ name: "Foreign" });
    const reorder = async (ids: string[]) =>
      (await callAs(person)("PUT", "/order", { provider_key_ids: ids })).status;
    expect(await reorder([first.id])).toBe(409);
    expect(await reorder([first.id, first.id])).toBe(400);
    expect(await reorder([first.id, second.id, foreign.id])).toBe(404);
  });
});

describe("providers.remove", () => {
  test("providers.remove · gone, and 404 the second time", async () => {
    const key = await add({ name: "To remove" });
    expect((await call("DELETE", `/${key.id}`)).data).toEqual({ id: key.id, routes: [] });
    expect((await call("DELETE", `/${key.id}`)).status).toBe(404);
    const items = await list();
    expect(items.map(({ id }) => id)).not.toContain(key.id);
  });
});

describe("providers.test", () => {
  const run = async (key: ProviderKey) => (await call("POST", `/${key.id}/test`)).data;

  test("providers.test · ok with the stored secret, by one call", async () => {
    seen = [];
    const key = await add({ name: "Mock", provider: "mock" });
    expect(await run(key)).toEqual({
      outcome: "ok",
      status: 200,
      duration_ms: expect.any(Number),
      message: "The provider accepted the credential.",
    });
    expect(seen.map(({ url }) => url)).toEqual(["/v1/models"]);
  });

  test("providers.test · refused when the provider says 401", async () => {
    const key = await add({ name: "Wrong", provider: "mock", api_key: "sk-wrong-secret-0000" });
    expect(await run(key)).toMatchObject({ outcome: "refused", status: 401 });
  });

  test("providers.test · the secret still opens after the workspace's keys were changed", async () => {
    const key = await add({ name: "Changed", provider: "mock", api_key: "sk-wrong-secret-0000" });
    await call("PUT", `/${key.id}`, { api_key: secret });
    expect(await run(key)).toMatchObject({ outcome: "ok" });
  });

  test("providers.list · health as the proxy saw it", async () => {
    const key = await add({ name: "Failing" });
    await withDatabase(
      control.database.administratorUrl,
      ({ sql }) => sql`
        insert into provider_key_health
          (workspace_id, provider_key_id, last_outcome, last_status, last_error, last_attempt_at, failing_since)
        values (${owner.workspace_id}, ${key.id}, 'failing', 401, 'upstream_auth', now(), '2026-03-01T00:00:00Z')`,
    );
    const items = await list();
    expect(items.find(({ id }) => id === key.id)?.health).toEqual({
      status: "failing",
      last_success_at: null,
      failing_since: "2026-03-01T00:00:00.000Z",
      last_error: "upstream_auth",
    });
  });
});
