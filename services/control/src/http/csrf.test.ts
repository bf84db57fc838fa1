import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Person, startTestControl, type TestControl } from "../test-control.ts";

let control: TestControl;
let owner: Person;

beforeAll(async () => {
  control = await startTestControl({ environment: { CONSOLE_ORIGIN: "http://console.example.com" } });
});
afterAll(() => control[Symbol.asyncDispose]());
beforeEach(async () => {
  owner = await control.signUp();
});

type Shape = { method?: string; path: string; headers: Record<string, string>; body?: string };

/** A call that a browser makes with the victim's cookie. */
async function forge({ method = "POST", path, headers, body }: Shape): Promise<number> {
  const response = await fetch(control.url + path, {
    method,
    headers: { cookie: `perpetuo_session=${owner.token}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  await response.text();
  return response.status;
}

const isStillLoggedIn = async () =>
  (await control.call({ path: "/auth/me", token: owner.token })).status === 200;

const json = { "content-type": "application/json" };
const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
const home = { origin: "http://localhost:3000", "sec-fetch-site": "same-origin" };

test.each<[string, Shape]>([
  [
    "JSON from another site over REST",
    { path: "/auth/logout", headers: { ...json, ...foreign }, body: "{}" },
  ],
  [
    "JSON from another site over tRPC",
    { path: "/trpc/auth.logOut", headers: { ...json, ...foreign }, body: "{}" },
  ],
  [
    "a batch from another site",
    { path: "/trpc/auth.logOut,auth.logOut?batch=1", headers: { ...json, ...foreign }, body: "{}" },
  ],
  [
    "JSON from a sibling subdomain",
    {
      path: "/auth/logout",
      headers: { ...json, origin: "http://other.localhost:3000", "sec-fetch-site": "same-site" },
    },
  ],
  [
    "JSON with Origin alone",
    { path: "/trpc/auth.logOut", headers: { ...json, origin: "https://evil.example" }, body: "{}" },
  ],
  ["JSON without any origin", { path: "/trpc/auth.logOut", headers: json, body: "{}" }],
  ["an empty POST without a content type", { path: "/auth/logout", headers: foreign }],
])("csrf · 403 for %s, and nothing happens", async (_case, shape) => {
  expect(await forge(shape)).toBe(403);
  expect(await isStillLoggedIn()).toBe(true);
});

test.each<[string, Shape]>([
  [
    "a form over REST",
    { path: "/auth/logout", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "a=b" },
  ],
  ["plain text over REST", { path: "/auth/logout", headers: { "content-type": "text/plain" }, body: "{}" }],
  [
    "plain text over tRPC",
    { path: "/trpc/auth.logOut", headers: { "content-type": "text/plain" }, body: "{}" },
  ],
  [
    "multipart over tRPC",
    {
      path: "/trpc/auth.logOut",
      headers: { "content-type": "multipart/form-data; boundary=x" },
      body: "--x\r\n\r\n--x--\r\n",
    },
  ],
  [
    "a stream over tRPC",
    { path: "/trpc/auth.logOut", headers: { "content-type": "application/octet-stream" }, body: "x" },
  ],
  ["no content type over tRPC", { path: "/trpc/auth.logOut", headers: {} }],
])("csrf · 415 for %s even from home, and nothing happens", async (_case, { headers, ...shape }) => {
  expect(await forge({ ...shape, headers: { ...headers, ...home } })).toBe(415);
  expect(await isStillLoggedIn()).toBe(true);
});

test("csrf · 405 for a mutation by GET, alone and in a batch, and nothing happens", async () => {
  for (const path of [
    "/trpc/auth.logOut",
    "/trpc/auth.logOut?batch=1",
    "/trpc/auth.logOut,auth.logOut?batch=1",
  ]) {
    expect(await forge({ method: "GET", path, headers: home })).toBe(405);
  }
  expect(await isStillLoggedIn()).toBe(true);
});

test("csrf · 400 for a batch beyond the limit", async () => {
  const path = `/trpc/${Array<string>(21).fill("auth.me").join(",")}?batch=1`;
  expect(await forge({ method: "GET", path, headers: home })).toBe(400);
});

test("csrf · 403 for a log-in from another site", async () => {
  const body = JSON.stringify({ email: owner.email, password: "Password123!" });
  const response = await fetch(`${control.url}/auth/login`, {
    method: "POST",
    headers: { ...json, ...foreign },
    body,
  });
  expect(response.status).toBe(403);
  expect(response.headers.get("set-cookie")).toBeNull();
});

test.each([
  ["the public URL's origin", home],
  ["the console's origin", { origin: "http://console.example.com", "sec-fetch-site": "cross-site" }],
])("csrf · the cookie works from %s", async (_case, headers) => {
  expect(await forge({ path: "/trpc/auth.logOut", headers: { ...json, ...headers }, body: "{}" })).toBe(200);
  expect(await isStillLoggedIn()).toBe(false);
});

test("csrf · the bearer token works from anywhere", async () => {
  const answer = await control.call({
    method: "POST",
    path: "/auth/logout",
    token: owner.token,
    headers: foreign,
  });
  expect(answer.status).toBe(200);
});
