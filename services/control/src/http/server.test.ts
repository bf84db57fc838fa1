import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Person, startTestControl, type TestControl } from "../test-control.ts";

let control: TestControl;
let owner: Person;
let consoleDir: string;

beforeAll(async () => {
  consoleDir = await mkdtemp(path.join(tmpdir(), "perpetuo-console-"));
  await writeFile(path.join(consoleDir, "secret.txt"), "not for the web");
  control = await startTestControl({
    environment: { PROXY_PUBLIC_URL: "http://gateway.example.com:8080/v1" },
    config: { consoleDir },
  });
  owner = await control.signUp();
});
afterAll(async () => {
  await control[Symbol.asyncDispose]();
  await rm(consoleDir, { recursive: true });
});

const get = async (url: string, headers: Record<string, string> = {}) => {
  const response = await fetch(control.url + url, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
};

/** Sends bytes that no HTTP library would, and reads until the server closes. */
async function sendRaw(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(control.url).port), "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.write(bytes);
  await once(socket, "close");
  return Buffer.concat(chunks).toString();
}

describe("failures", () => {
  const post = (body: string, headers = {}) =>
    control.call({ method: "POST", path: "/auth/login", body, headers: headers as Record<string, string> });

  test("server · 404 in the envelope for a path that is not there", async () => {
    for (const url of ["/nothing", "/trpc", "/workspaces/x/y/z", "/assets", "/appendix"]) {
      const answer = await control.call({ path: url });
      expect([url, answer.status, answer.error.code]).toEqual([url, 404, "not_found"]);
    }
  });

  test("server · 400 invalid_json for a malformed body", async () => {
    const answer = await post('{"email":');
    expect([answer.status, answer.error.code]).toEqual([400, "invalid_json"]);
    expect(answer.error.message).toBe("The body is not valid JSON.");
  });

  test.each([
    ["/invites/preview", '{"token":"x","deep":[{"__proto__":1}]}'],
    ["/invites/preview", '{"token":"x","__pr\\u006fto__":1}'],
    ["/trpc/members.previewInvite", '{"token":"x","__proto__":1}'],
  ])("server · 400 for a field that schemas would drop in silence, to %s: %s", async (path, body) => {
    const response = await fetch(control.url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("__proto__: There is no such field.");
  });

  test("server · 413 for a body above 1 MiB, stated or not", async () => {
    const answer = await post(JSON.stringify({ email: "x".repeat(1024 * 1024) }));
    expect([answer.status, answer.error.code]).toEqual([413, "payload_too_large"]);
  });

  test("server · 400 in the envelope for an address that cannot be decoded", async () => {
    const answer = await control.call({ path: "/workspaces/%E0%A4%A" });
    expect([answer.status, answer.error.code]).toEqual([400, "invalid_request"]);
    expect(answer.headers.get("x-request-id")).toBe(answer.error.request_id);
  });

  test("server · the envelope for what Node's parser refuses", async () => {
    const garbage = await sendRaw("GARBAGE\r\n\r\n");
    expect(garbage).toMatch(/^HTTP\/1\.1 400 .*"code":"invalid_request"/s);
    const headers = await sendRaw(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(headers).toMatch(/^HTTP\/1\.1 431 .*"code":"headers_too_large"/s);
  });

  test("trpc · failures before a procedure have tRPC's shape with our code and the request's id", async () => {
    const send = async (url: string, init: RequestInit) => {
      const response = await fetch(`${control.url}/trpc/${url}`, init);
      const body = (await response.json()) as { error: { data: Record<string, unknown> } };
      const hasId = body.error.data["request_id"] === response.headers.get("x-request-id");
      return [response.status, body.error.data["code"], hasId];
    };
    const headers = { "content-type": "application/json" };
    expect(await send("nothing.here", {})).toEqual([404, "not_found", true]);
    expect(await send("auth.logIn", { method: "POST", headers, body: '{"a":' })).toEqual([
      400,
      "invalid_json",
      true,
    ]);
    const authorized = { headers: { authorization: `Bearer ${owner.token}` } };
    expect(await send("logs.list?input=%7B", authorized)).toEqual([400, "invalid_json", true]);
    const large = JSON.stringify({ email: "x".repeat(1024 * 1024) });
    expect(await send("auth.logIn", { method: "POST", headers, body: large })).toEqual([
      413,
      "payload_too_large",
      true,
    ]);
    expect(
      await send("auth.logIn", { method: "POST", headers: { "content-type": "text/plain" }, body: "x" }),
    ).toEqual([415, "unsupported_media_type", true]);
    expect(await send("auth.logIn", { method: "POST" })).toEqual([415, "unsupported_media_type", true]);
    const tooMany = `${Array<string>(21).fill("auth.me").join(",")}?batch=1`;
    expect(await send(tooMany, {})).toEqual([400, "invalid_request", true]);
  });

  test("trpc · retry-after on a throttled call", async () => {
    const throttled = await startTestControl({
      throttleRules: { logInPerAccount: { limit: 0, windowSeconds: 60 } },
    });
    const response = await fetch(`${throttled.url}/trpc/auth.logIn`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: "a@example.com", password: "x" }),
    });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    await throttled[Symbol.asyncDispose]();
  });
});

describe("request ids", () => {
  test("server · every answer has its own x-request-id, and a well-formed one is kept", async () => {
    const [first, second] = [await get("/health"), await get("/health")];
    expect(first.headers.get("x-request-id")).not.toBe(second.headers.get("x-request-id"));
    const kept = await get("/nothing", { "x-request-id": "trace-1.A_b" });
    expect(kept.headers.get("x-request-id")).toBe("trace-1.A_b");
    expect(kept.text).toContain('"request_id":"trace-1.A_b"');
  });

  test.each(["<script>", "x".repeat(129), "a b"])(
    "server · replaces the malformed x-request-id %s",
    async (id) => {
      const { headers } = await get("/health", { "x-request-id": id });
      expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    },
  );
});

describe("pages", () => {
  test("server · a strict content security policy on every answer", async () => {
    for (const url of ["/", "/docs", "/health", "/nothing"]) {
      const { headers } = await get(url);
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("connect-src 'self' http://gateway.example.com:8080;");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("strict-transport-security")).toBeNull();
    }
  });

  test("server · says so while the console is not built, then serves it without a restart", async () => {
    expect((await get("/")).text).toContain("The console is not built");
    await mkdir(path.join(consoleDir, "assets"));
    await writeFile(path.join(consoleDir, "assets", "main-abc.js"), "export {};");
    await writeFile(path.join(consoleDir, "index.html"), "<!doctype html><title>Console</title>");
    for (const url of ["/", "/app", "/app/requests/1?x=2"]) {
      const page = await get(url);
      expect([page.status, page.text]).toEqual([200, "<!doctype html><title>Console</title>"]);
      expect(page.headers.get("cache-control")).toBe("no-cache");
    }
    const asset = await get("/assets/main-abc.js");
    expect([asset.status, asset.text]).toEqual([200, "export {};"]);
    expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  });

  test.each([
    "/assets/missing.js",
    "/assets/../secret.txt",
    "/assets/%2e%2e/secret.txt",
    "/assets/..%2fsecret.txt",
    "/assets/%2fetc%2fpasswd",
    "/assets/",
    "/secret.txt",
    "/favicon.svg",
  ])("server · serves no file for %s", async (url) => {
    const raw = await sendRaw(`GET ${url} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(raw).toMatch(/^HTTP\/1\.1 40[0-4] /);
    expect(raw).toContain('{"success":false,');
    expect(raw).not.toContain("not for the web");
  });

  test("server · the reference and its document", async () => {
    expect((await get("/docs")).headers.get("content-type")).toContain("text/html");
    expect(JSON.parse((await get("/openapi.json")).text)).toMatchObject({ openapi: "3.1.1" });
  });

  test("server · private answers are not stored", async () => {
    const { headers } = await control.call({ path: "/auth/me", token: owner.token });
    expect(headers.get("cache-control")).toBe("no-store");
    const response = await fetch(`${control.url}/trpc/auth.me`, {
      headers: { authorization: `Bearer ${owner.token}` },
    });
    expect(response.headers.get("cache-control")).toBe("no-store");
  });
});
