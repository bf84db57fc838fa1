import { hash } from "node:crypto";
import { withDatabase } from "@perpetuo/database/connection";
import { describe, expect, it } from "vitest";
import { errorCode } from "../harness/gateway-client.ts";
import { ask, type World } from "./world.ts";

const administrator = { max: 1, applicationName: "perpetuo-test" };

/** What was found in other gateways about roles, sessions and code, each tried on this one. */
export function testCompetitorsRoles(world: () => World): void {
  describe("what others were attacked by: roles, sessions and code", () => {
    it.each(["viewer", "member"])(
      "CVE-2026-47101 · a %s cannot make a key, whatever scopes it asks for",
      (role) => makeWiderKey(world(), role),
    );

    it("CVE-2026-47102 · a role, an owner or a budget among the fields of another call changes nothing", () =>
      assignRoles(world()));

    it("CVE-2026-12796 · a session that was logged out, or that never was, opens nothing", () =>
      replaySession(world()));

    it.each(["CVE-2026-42271", "CVE-2026-40217"])(
      "%s · nothing that a client or member sends is run as a command or as code",
      () => runCode(world()),
    );
  });
}

async function makeWiderKey({ stack, user }: World, role: string): Promise<void> {
  await withDatabase(stack.home.administratorUrl, administrator, async ({ sql }) => {
    await sql`update memberships set role = ${role} where workspace_id = ${user.workspaceId}`;
  });
  try {
    for (const scopes of [["gateway"], ["gateway", "reports:write"], ["admin"], ["*"]]) {
      const url = `${stack.controlUrl}/workspaces/${user.workspaceId}/api-keys`;
      const body = { name: "wider", scopes, allowed_routes: ["/*"] };
      const answer = await call({ as: user.token, url, body });
      expect([400, 403]).toContain(answer.status);
    }
  } finally {
    await withDatabase(stack.home.administratorUrl, administrator, async ({ sql }) => {
      await sql`update memberships set role = 'owner' where workspace_id = ${user.workspaceId}`;
    });
  }
  const { items } = await user.get<{ items: { name: string }[] }>("/api-keys");
  expect(items.map(({ name }) => name)).not.toContain("wider");
}

async function assignRoles({ stack, user }: World): Promise<void> {
  const forged = { role: "owner", user_role: "proxy_admin", is_admin: true, owner_id: user.workspaceId };
  const signUp = {
    email: `forged-${crypto.randomUUID()}@example.com`,
    password: "Password123!",
    name: "Forged",
  };
  const workspace = `${stack.controlUrl}/workspaces/${user.workspaceId}`;
  const calls: [string, string, object][] = [
    ["POST", `${stack.controlUrl}/auth/signup`, { ...signUp, ...forged }],
    ["PUT", `${workspace}/profile`, forged],
    ["POST", `${workspace}/api-keys`, { name: "forged", ...forged }],
    [
      "POST",
      `${workspace}/api-keys`,
      { name: "forged", spent: { day_micros: 0 }, workspace_id: crypto.randomUUID() },
    ],
  ];
  for (const [method, url, body] of calls) {
    const answer = await call({ as: user.token, method, url, body });
    expect([400, 404], `${method} ${url}`).toContain(answer.status);
  }
  const { items } = await user.get<{ items: { name: string }[] }>("/api-keys");
  expect(items.map(({ name }) => name)).not.toContain("forged");
}

async function replaySession({ stack }: World): Promise<void> {
  const credentials = { email: `replay-${crypto.randomUUID()}@example.com`, password: "Password123!" };
  const signedUp = await call({
    as: null,
    url: `${stack.controlUrl}/auth/signup`,
    body: { ...credentials, name: "Replay" },
  });
  const { token } = ((await signedUp.json()) as { data: { token: string } }).data;
  const me = (bearer: string) =>
    fetch(`${stack.controlUrl}/auth/me`, { headers: { authorization: `Bearer ${bearer}` } });
  expect((await me(token)).status).toBe(200);
  await call({ as: token, url: `${stack.controlUrl}/auth/logout`, body: {} });
  expect((await me(token)).status).toBe(401);
  expect((await me(hash("sha256", token))).status).toBe(401);
}

async function runCode(world: World): Promise<void> {
  const { stack, workspace, trap } = world;
  const before = trap.caught().length;
  const command = `curl http://127.0.0.1:${trap.port}/owned`;
  const paths = [
    "/mcp-rest/test/connection",
    "/mcp-rest/test/tools/list",
    "/mcp",
    "/guardrails/test_custom_code",
    "/v1/mcp",
  ];
  for (const base of [stack.proxyUrl, stack.controlUrl]) {
    for (const path of paths) {
      const body = { command: "sh", args: ["-c", command], transport: "stdio", code: `exec("${command}")` };
      const answer = await call({ as: workspace.apiKey, url: base + path, body });
      expect([401, 404], `${base}${path}`).toContain(answer.status);
    }
  }
  const code = "process.getBuiltinModule('child_process').execSync('false')";
  for (const text of [
    `\${${code}}`,
    `{{${code}}}`,
    `$(${command})`,
    `\`${command}\``,
    `require('x');${code}`,
  ]) {
    const answer = await ask(world, text, {
      members: { user: text, metadata: { text }, guardrails: [{ code: text }] },
    });
    expect([answer.status, errorCode(answer.body)]).toEqual([200, null]);
  }
  expect(trap.caught().slice(before)).toEqual([]);
}

type Call = { as: string | null; method?: string; url: string; body: unknown };

function call({ as, method = "POST", url, body }: Call): Promise<Response> {
  const headers = {
    "content-type": "application/json",
    ...(as === null ? {} : { authorization: `Bearer ${as}` }),
  };
  return fetch(url, { method, headers, body: JSON.stringify(body) });
}
