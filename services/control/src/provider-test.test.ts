import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type ProviderName, providerNames } from "@perpetuo/contracts/providers";
import { Secret } from "@perpetuo/security/redact";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createProviderTester, guardedLookup } from "./provider-test.ts";

let trap: Server;
let connections = 0;
let seen: { path: string; headers: IncomingHttpHeaders } = { path: "", headers: {} };

beforeAll(async () => {
  trap = createServer((request, response) => {
    connections += 1;
    seen = { path: request.url ?? "", headers: request.headers };
    if (request.url === "/redirect/models") response.writeHead(302, { location: "/v1/models" }).end();
    else if (request.url === "/broken/models") response.destroy();
    else if (JSON.stringify(request.headers).includes("sk-bad")) response.writeHead(401).end("{}");
    else response.writeHead(200).end("{}");
  }).listen(0, "127.0.0.1");
  await once(trap, "listening");
});
afterAll(() => trap.close());

const url = (host: string, path: string) => `http://${host}:${(trap.address() as AddressInfo).port}${path}`;
const lookUp = (allowPrivate: boolean) =>
  new Promise<unknown>((resolve) => {
    guardedLookup({ allowPrivate })("localhost", { family: 4 }, (error, address) =>
      resolve(error ?? address),
    );
  });

test("guardedLookup · refuses a name that leads to a private address, and allows it where the operator does", async () => {
  expect(await lookUp(false)).toMatchObject({ name: "AddressRefusedError" });
  expect(await lookUp(true)).toBe("127.0.0.1");
});

test("providerTester.test · dials no private address that a customer gave", async () => {
  const tester = createProviderTester({ addressPolicy: { allowPrivate: false }, providerBaseUrls: {} });
  for (const host of ["127.0.0.1", "localhost"]) {
    const key = {
      provider: "openai-compatible",
      base_url: url(host, "/v1"),
      secret: new Secret("x"),
    } as const;
    expect(await tester.test(key)).toMatchObject({ outcome: "failed", status: null });
  }
  expect(connections).toBe(0);
  await tester[Symbol.asyncDispose]();
});

test("providerTester.test · follows no redirect and says what happened", async () => {
  const tester = createProviderTester({ addressPolicy: { allowPrivate: true }, providerBaseUrls: {} });
  const run = (path: string) =>
    tester.test({ provider: "openai-compatible", base_url: url("127.0.0.1", path), secret: new Secret("x") });
  expect(await run("/v1")).toMatchObject({ outcome: "ok", status: 200 });
  expect(await run("/redirect")).toMatchObject({ outcome: "failed", status: 302 });
  expect(await run("/broken")).toMatchObject({
    outcome: "failed",
    message: "The provider could not be reached.",
  });
  await tester[Symbol.asyncDispose]();
});

const bearer = { authorization: "Bearer sk-good" };

test.each<[ProviderName, string, Record<string, string>]>([
  ["openai", "/models", bearer],
  ["anthropic", "/models", { "x-api-key": "sk-good", "anthropic-version": "2023-06-01" }],
  ["google", "/models", { "x-goog-api-key": "sk-good" }],
  ["cohere", "/v1/models", bearer],
  ["mistral", "/models", bearer],
  ["azure", "/models", { "api-key": "sk-good" }],
  ["groq", "/models", bearer],
  ["deepseek", "/models", bearer],
  ["xai", "/models", bearer],
  ["together", "/models", bearer],
  ["fireworks", "/models", bearer],
  ["openrouter", "/key", bearer],
  ["ollama", "/models", bearer],
  ["vllm", "/models", bearer],
  ["openai-compatible", "/models", bearer],
  ["mock", "/models", bearer],
])(
  "providerTester.test · %s: one call that costs nothing, with the credential where its wire wants it",
  async (...[provider, path, headers]) => {
    await using tester = createProviderTester({
      addressPolicy: { allowPrivate: true },
      providerBaseUrls: {},
    });
    const base_url = url("127.0.0.1", "/base");
    const key = (secret: string) => ({ provider, base_url, secret: new Secret(secret) });
    expect(await tester.test(key("sk-good"))).toMatchObject({ outcome: "ok", status: 200 });
    expect(seen).toMatchObject({ path: `/base${path}`, headers });
    expect(await tester.test(key("sk-bad"))).toMatchObject({ outcome: "refused", status: 401 });
  },
);

test("the test above · knows every provider", () => {
  expect(providerNames).toHaveLength(16);
});
