import { afterEach, describe, expect, test } from "vitest";
import { startTestControl, type TestControl, testPassword } from "../test-control.ts";
import { addressKey } from "./throttle.ts";

describe("addressKey", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::1", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::", "fe80:0:0:0::/64"],
  ])("addressKey · %s counts as %s", (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});

describe("throttling", () => {
  let control: TestControl;
  afterEach(() => control[Symbol.asyncDispose]());

  const signUp = (body: unknown, forwardedFor?: string) =>
    control.call({
      method: "POST",
      path: "/auth/signup",
      body,
      headers: forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor },
    });
  const logIn = (email: string, password: string) =>
    control.call({ method: "POST", path: "/auth/login", body: { email, password } });

  test("auth.signUp · 429 with retry-after beyond the address's limit", async () => {
    control = await startTestControl({
      throttleRules: { signUpPerAddress: { limit: 2, windowSeconds: 3600 } },
    });
    const body = (email: string) => ({ email, password: testPassword, name: "Many" });
    expect((await signUp(body("a@example.com"))).status).toBe(201);
    expect((await signUp(body("b@example.com"))).status).toBe(201);
    const refused = await signUp(body("c@example.com"));
    expect([refused.status, refused.error.code]).toEqual([429, "rate_limit_exceeded"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    // An address that the caller invents counts for nothing.
    expect((await signUp(body("c@example.com"), "198.51.100.1")).status).toBe(429);
  });

  test("auth.signUp · the address behind a trusted proxy is what counts", async () => {
    control = await startTestControl({
      environment: { PERPETUO_TRUSTED_PROXIES: "127.0.0.1" },
      throttleRules: { signUpPerAddress: { limit: 1, windowSeconds: 3600 } },
    });
    const body = (email: string) => ({ email, password: testPassword, name: "Many" });
    expect((await signUp(body("a@example.com"), "198.51.100.1")).status).toBe(201);
    expect((await signUp(body("b@example.com"), "198.51.100.2")).status).toBe(201);
    expect((await signUp(body("c@example.com"), "198.51.100.1")).status).toBe(429);
  });

  test("auth.logIn · 429 beyond the account's limit, even with the right password", async () => {
    control = await startTestControl({
      throttleRules: { logInPerAccount: { limit: 3, windowSeconds: 3600 } },
    });
    const { email } = await control.signUp();
    for (let attempt = 0; attempt < 3; attempt += 1) expect((await logIn(email, "wrong")).status).toBe(401);
    expect((await logIn(email.toUpperCase(), testPassword)).status).toBe(429);
    expect((await logIn("somebody.else@example.com", "wrong")).status).toBe(401);
  });

  test("auth.logIn · a success starts the account's count afresh", async () => {
    control = await startTestControl({
      throttleRules: { logInPerAccount: { limit: 2, windowSeconds: 3600 } },
    });
    const { email } = await control.signUp();
    for (let round = 0; round < 3; round += 1) {
      expect((await logIn(email, "wrong")).status).toBe(401);
      expect((await logIn(email, testPassword)).status).toBe(200);
    }
  });

  test("auth.logIn · 429 beyond the address's limit, whatever the account", async () => {
    control = await startTestControl({
      throttleRules: { logInPerAddress: { limit: 2, windowSeconds: 3600 } },
    });
    await logIn("a@example.com", "wrong");
    await logIn("b@example.com", "wrong");
    expect((await logIn("c@example.com", "wrong")).status).toBe(429);
  });
});
