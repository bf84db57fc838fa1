import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { others } from "../procedures/access.test-table.ts";
import { type Person, startTestControl, type TestControl } from "../test-control.ts";
import { restRoutes } from "./routes.ts";

let control: TestControl;
let owner: Person;

beforeAll(async () => {
  control = await startTestControl();
  owner = await control.signUp();
});
afterAll(() => control[Symbol.asyncDispose]());

const base = () => `/workspaces/${owner.workspace_id}`;

/** The same call over tRPC. */
async function callTrpc(procedure: string, input: unknown, method: "GET" | "POST") {
  const query = method === "GET" ? `?input=${encodeURIComponent(JSON.stringify(input))}` : "";
  const response = await fetch(`${control.url}/trpc/${procedure}${query}`, {
    method,
    headers: { authorization: `Bearer ${owner.token}`, "content-type": "application/json" },
    ...(method === "POST" ? { body: JSON.stringify(input) } : {}),
  });
  const body = (await response.json()) as {
    result?: { data: unknown };
    error?: { message: string; data: { code: string; details?: unknown; request_id: string } };
  };
  return { status: response.status, headers: response.headers, ...body };
}

describe("REST and tRPC", () => {
  test.each([
    ["providers.list", "/providers", {}],
    ["apiKeys.list", "/api-keys", {}],
    ["logs.list", "/logs?limit=7&status=success", { limit: 7, status: "success" }],
    ["usage.byProvider", "/usage/by-provider?days=30", { days: 30 }],
    ["models.list", "/models", {}],
    ["workspaces.profile", "/profile", {}],
  ])("%s · the same answer on both", async (procedure, path, input) => {
    const rest = await control.call({ path: base() + path, token: owner.token });
    const trpc = await callTrpc(procedure, { workspace_id: owner.workspace_id, ...input }, "GET");
    expect([rest.status, trpc.status]).toEqual([200, 200]);
    expect(rest.data).toEqual(trpc.result?.data);
  });

  test("providers.add · the same refusal on both, with the failing fields", async () => {
    const body = { provider: "openai", api_key: "", priority: "first", extra: 1 };
    const rest = await control.call({
      method: "POST",
      path: `${base()}/providers`,
      body,
      token: owner.token,
    });
    const trpc = await callTrpc("providers.add", { workspace_id: owner.workspace_id, ...body }, "POST");
    expect([rest.status, trpc.status]).toEqual([400, 400]);
    const { request_id, ...error } = rest.error;
    expect(trpc.error).toMatchObject({
      message: error.message,
      data: { code: error.code, details: error.details },
    });
    expect(request_id).toBe(rest.headers.get("x-request-id"));
    expect(trpc.error?.data.request_id).toBe(trpc.headers.get("x-request-id"));
    const { fields } = error.details as { fields: { field: string }[] };
    expect(new Set(fields.map(({ field }) => field))).toEqual(new Set(["api_key", "priority", "extra"]));
  });
});

describe("REST", () => {
  const open = Object.entries(others).flatMap(([name, audience]) => (audience === "public" ? name : []));
  test.each(restRoutes.filter(({ procedure }) => !open.includes(procedure)))(
    "$method $path · 401 without a session",
    async ({ method, path }) => {
      const answer = await control.call({
        method,
        path: path
          .replace("{session_id}", "0".repeat(64))
          .replace(/\{\w+\}/g, "0198c0de-0000-7000-8000-000000000000"),
        ...(method === "POST" || method === "PUT" ? { body: {} } : {}),
      });
      expect([answer.status, answer.error.code]).toEqual([401, "unauthenticated"]);
    },
  );

  test("workspaces.get · 404 for an id that is no UUID's, 400 for one that is no UUID", async () => {
    const get = (id: string) => control.call({ path: `/workspaces/${id}`, token: owner.token });
    expect((await get("0198c0de-0000-7000-8000-000000000000")).status).toBe(404);
    expect((await get("not-a-uuid")).status).toBe(400);
    expect((await get("%00")).status).toBe(400);
  });

  test.each([
    ["an array", [1]],
    ["a string", '"text"'],
    ["a number", "1"],
  ])("workspaces.create · 400 for %s as body", async (_case, body) => {
    const answer = await control.call({ method: "POST", path: "/workspaces", body, token: owner.token });
    expect([answer.status, answer.error.message]).toEqual([400, "The body must be a JSON object."]);
  });

  test("auth.logOut · 400 for fields where there are none", async () => {
    const body = { all: true };
    const answer = await control.call({ method: "POST", path: "/auth/logout", body, token: owner.token });
    expect([answer.status, answer.error.message]).toEqual([400, "all: There is no such field."]);
  });

  test("providers.list · HEAD and PATCH answer 405 with what is allowed", async () => {
    const answer = await control.call({ method: "PATCH", path: `${base()}/providers`, token: owner.token });
    expect([answer.status, answer.error.code]).toEqual([405, "method_not_allowed"]);
    expect(answer.headers.get("allow")).toBe("GET, POST");
    expect(
      (await control.call({ method: "HEAD", path: `${base()}/providers`, token: owner.token })).status,
    ).toBe(405);
  });

  test("workspaces.create · an empty body counts as none", async () => {
    const { port } = new URL(control.url) as unknown as AddressInfo;
    const status = await new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${owner.token}`, "content-type": "application/json" };
      httpRequest({
        port,
        host: "127.0.0.1",
        method: "DELETE",
        path: `${base()}/models?provider=openai&model=x`,
        headers,
      })
        .on("response", (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .on("error", reject)
        .end();
    });
    expect(status).toBe(404);
  });
});
