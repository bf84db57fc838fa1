import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { chat } from "../harness/gateway-client.ts";
import { revokeApiKey } from "../harness/workspace.ts";
import { ask, type World } from "./world.ts";

/** What was found in other gateways about keys and addresses, each tried on this one. */
export function testCompetitorsAccess(world: () => World): void {
  describe("what others were attacked by: keys and addresses", () => {
    it("CVE-2024-6587 · a client that names the provider's address or credential in the body moves neither", () =>
      overrideEverything(world()));

    it("CVE-2024-9606 · no list, answer or log shows more than four characters of a provider key", () =>
      readKeysBack(world()));

    it("CVE-2026-35030 · keys that share all but their last characters are not taken for one another", () =>
      tryNeighboursOfKey(world()));

    it("CVE-2026-42208 · SQL in place of a key is a wrong key, on every path and where the check fails", () =>
      injectSql(world()));

    it("CVE-2026-12773 · every path but health and readiness refuses missing, blank and placeholder keys", () =>
      knockWithoutKey(world()));

    it("#9820 · a blocked key is refused by every thread", () => blockKey(world()));
  });
}

async function overrideEverything(world: World): Promise<void> {
  const address = `http://127.0.0.1:${world.trap.port}`;
  const names = [
    ...["api_base", "base_url", "baseUrl", "api_url", "azure_endpoint", "endpoint", "host", "url", "proxy"],
    ...["custom_llm_provider", "model_list", "fallbacks", "extra_headers", "headers", "deployment_id"],
    ...["litellm_params", "vertex_project", "aws_bedrock_runtime_endpoint", "organization"],
  ];
  const members = Object.fromEntries(names.map((name) => [name, address]));
  const headers = {
    "x-portkey-custom-host": address,
    "x-portkey-config": JSON.stringify({ custom_host: address }),
    "x-perpetuo-base-url": address,
    "helicone-target-url": address,
    "api-key": "sk-attacker",
  };
  const before = world.trap.caught().length;
  const answer = await ask(world, "overridden", {
    members: { ...members, api_key: "sk-attacker", apiKey: "sk-attacker" },
    headers,
  });
  expect(answer.status).toBe(200);
  // These two say who shall answer: they name models and providers, and no address.
  for (const field of ["provider", "models"]) {
    const refused = await ask(world, "overridden", { members: { [field]: address } });
    expect([refused.status, JSON.parse(String(refused.body)).error.param]).toEqual([400, field]);
  }
  expect(world.trap.caught().slice(before)).toEqual([]);
  const [record] = await world.stack.mock.records("overridden");
  const sent = new Map(record?.headers);
  expect(sent.get("host")).toBe(new URL(world.stack.mockUrl).host);
  expect(sent.get("authorization")).toBe(`sha256:${hash("sha256", "sk-test-0000")}`);
}

async function readKeysBack(world: World): Promise<void> {
  const { user, stack } = world;
  const secret = "sk-canary-9606-abcdefghijklmnop";
  await user.post("/providers", { provider: "openai", api_key: secret, name: "masked" });
  const shown = [
    JSON.stringify(await user.get("/providers")),
    JSON.stringify(await user.get("/api-keys")),
    stack.proxy().log(),
  ].join("\n");
  expect(shown).toContain('"masked"');
  for (let at = 0; at + 5 <= secret.length; at++) {
    if (!secret.slice(at, at + 5).startsWith("sk-")) expect(shown).not.toContain(secret.slice(at, at + 5));
  }
  expect(shown).not.toContain(user.apiKey);
}

async function tryNeighboursOfKey(world: World): Promise<void> {
  const { apiKey } = await world.stack.createWorkspace();
  expect((await ask(world, "mock", { apiKey })).status).toBe(200);
  for (const kept of [20, 30, 40, 42]) {
    const random = apiKey.slice(3, kept) + otherDigits(apiKey.slice(kept, 43));
    const checksum = hash("sha256", Buffer.from(random, "hex")).slice(0, 8);
    const neighbour = `pk_${random}${checksum}`;
    expect(neighbour).not.toBe(apiKey);
    expect((await ask(world, "mock", { apiKey: neighbour })).status).toBe(401);
  }
  expect((await ask(world, "mock", { apiKey })).status).toBe(200);
}

/** Hex digits, each another one than it was. */
function otherDigits(digits: string): string {
  return [...digits].map((digit) => (Number.parseInt(digit, 16) ^ 1).toString(16)).join("");
}

async function injectSql({ stack }: World): Promise<void> {
  const texts = [
    "' or '1'='1",
    "pk_' union select key_hash from api_keys --",
    "pk_'; drop table api_keys; --",
    "pk_' and pg_sleep(60) --",
    "\\'; select pg_sleep(60); --",
    "pk_000102030405060708090a0b0c0d0e0f10111213e7aebf57' or true --",
    "$1",
    "%27%20or%201=1",
  ];
  const paths = ["/v1/chat/completions", "/v1/models", "/v1/models/' or 1=1 --"];
  const began = performance.now();
  for (const path of paths) {
    for (const text of texts) {
      for (const credential of [["authorization", `Bearer ${text}`] as const, ["x-api-key", text] as const]) {
        const method = path.endsWith("completions") ? "POST" : "GET";
        const answer = await fetch(encodeURI(stack.proxyUrl + path), {
          method,
          headers: {
            [credential[0]]: credential[1],
            "content-type": "application/json",
            "x-request-id": text,
          },
          ...(method === "POST" ? { body: JSON.stringify(chat(text)) } : {}),
        });
        expect(answer.status).toBe(401);
        expect(((await answer.json()) as { error: { code: string } }).error.code).toBe("invalid_api_key");
      }
    }
  }
  // One pg_sleep alone would take longer than all of it does on a slow machine.
  expect(performance.now() - began).toBeLessThan(30_000);
}

/** What stands for no key at all: each must be refused like a wrong one. */
const noKeys: (string | null)[] = [
  ...[null, "", " ", "Bearer", "Bearer ", "Bearer null", "Bearer undefined", "Bearer None", "Bearer pk_"],
  ...[
    "Bearer pk_*",
    "Bearer sk-1234",
    "Basic Og==",
    "null",
    "Bearer  ",
    "Bearer [object Object]",
    "Bearer true",
  ],
];

async function knockWithoutKey({ stack }: World): Promise<void> {
  const gateway = ["POST /v1/chat/completions", "GET /v1/models", "GET /v1/models/gpt"];
  const document = (await (await fetch(`${stack.controlUrl}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const control = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(
      (method) => `${method.toUpperCase()} ${path.replace(/\{.*?\}/g, crypto.randomUUID())}`,
    ),
  );
  expect(control.length).toBeGreaterThan(30);
  const open = /^POST \/auth\/(signup|login)$/;
  const calls = [
    ...gateway.map((route) => [stack.proxyUrl, route] as const),
    ...control.filter((route) => !open.test(route)).map((route) => [stack.controlUrl, route] as const),
  ].flatMap(([base, route]) => noKeys.map((key) => ({ base, route, key })));
  for (let from = 0; from < calls.length; from += 32) {
    const answers = calls.slice(from, from + 32).map(async ({ base, route, key }) => {
      const [method = "", path = ""] = route.split(" ");
      const headers = { "content-type": "application/json", ...(key === null ? {} : { authorization: key }) };
      const body = method === "GET" || method === "DELETE" ? {} : { body: JSON.stringify(chat("mock")) };
      const answer = await fetch(base + path, { method, headers, ...body });
      await answer.arrayBuffer();
      // Control may find the input wrong before it asks who calls.
      expect(base === stack.proxyUrl ? [401] : [400, 401], `${route} with ${key}`).toContain(answer.status);
    });
    await Promise.all(answers);
  }
}

async function blockKey(world: World): Promise<void> {
  const { stack } = world;
  const { apiKey, apiKeys } = await stack.createWorkspace();
  const statuses = async () =>
    (await Promise.all(Array.from({ length: 16 }, () => ask(world, "mock", { apiKey })))).map(
      ({ status }) => status,
    );
  expect(new Set(await statuses())).toEqual(new Set([200]));
  await revokeApiKey(stack.home, apiKeys[0]?.id ?? "");
  await expect.poll(async () => [...new Set(await statuses())], { timeout: 5_000 }).toEqual([401]);
}
