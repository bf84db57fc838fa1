import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, startTestControl, type TestControl } from "../test-control.ts";

const consoleOrigin = "https://console.example.com";
let control: TestControl;
let owner: Person;

beforeAll(async () => {
  control = await startTestControl({ environment: { CONSOLE_ORIGIN: consoleOrigin } });
  owner = await control.signUp();
});
afterAll(() => control[Symbol.asyncDispose]());

const ask = (path: string, { origin, ...init }: RequestInit & { origin: string }) =>
  fetch(control.url + path, { ...init, headers: { ...init.headers, origin } });
const preflight = (origin: string) =>
  ask("/trpc/logs.tail", {
    origin,
    method: "OPTIONS",
    headers: { "access-control-request-method": "GET", "access-control-request-headers": "authorization" },
  });
const authorization = () => ({ authorization: `Bearer ${owner.token}` });

test("cross-origin · the console's origin may call with a bearer token, and no cookie goes along", async () => {
  const { status, headers } = await preflight(consoleOrigin);
  expect(status).toBe(204);
  expect(headers.get("access-control-allow-origin")).toBe(consoleOrigin);
  expect(headers.get("access-control-allow-headers")).toContain("authorization");
  expect(headers.get("access-control-allow-credentials")).toBeNull();
});

test.each(["/auth/me", "/trpc/auth.me", "/nothing"])(
  "cross-origin · the console's origin may read the answer of %s, also a refusal",
  async (path) => {
    const { headers } = await ask(path, { origin: consoleOrigin, headers: authorization() });
    expect(headers.get("access-control-allow-origin")).toBe(consoleOrigin);
    expect(headers.get("access-control-expose-headers")).toContain("x-request-id");
    expect(headers.get("vary")).toContain("origin");
  },
);

test("cross-origin · a live tail of the console's origin", async () => {
  const left = new AbortController();
  const response = await ask(`/workspaces/${owner.workspace_id}/logs/tail`, {
    origin: consoleOrigin,
    headers: authorization(),
    signal: left.signal,
  });
  expect(response.headers.get("access-control-allow-origin")).toBe(consoleOrigin);
  left.abort();
});

test("cross-origin · another origin is told nothing", async () => {
  const answers = [
    await preflight("https://evil.example"),
    await ask("/auth/me", { origin: "https://evil.example", headers: authorization() }),
  ];
  for (const { headers } of answers) expect(headers.get("access-control-allow-origin")).toBeNull();
});

test("cross-origin · nothing is told without a CONSOLE_ORIGIN", async () => {
  const closed = await startTestControl();
  const { headers } = await fetch(`${closed.url}/health`, { headers: { origin: consoleOrigin } });
  expect(headers.get("access-control-allow-origin")).toBeNull();
  await closed[Symbol.asyncDispose]();
});
