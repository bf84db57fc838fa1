import { PerpetuoError } from "@perpetuo/contracts/errors";
import { generateApiKey } from "@perpetuo/security/api-key";
import { describe, expect, test } from "vitest";
import { headOf } from "../exchange.test-fake.ts";
import type { RequestHead } from "../exchange.ts";
import type { Principal } from "../key-cache.ts";
import { principalOf } from "../request.test-fixture.ts";
import { authenticate } from "./2-authenticate.ts";

const key = generateApiKey();
const bearer: Partial<RequestHead> = { authorization: `Bearer ${key.text}` };

type Found = Principal | null | Promise<Principal | null>;
const authenticateAs = (head: Partial<RequestHead>, found: Found = principalOf(), now = 1_000) =>
  authenticate(headOf(head), { keys: { find: () => found, isKnown: () => false }, wallClock: () => now });

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof PerpetuoError) return error.code;
    throw error;
  }
  return "accepted";
}

describe("authenticate", () => {
  test.each<Partial<RequestHead>>([
    bearer,
    { authorization: `bearer ${key.text}` },
    { authorization: `BEARER  ${key.text} ` },
    { apiKey: key.text },
  ])("%j · the key is looked up by its hash", (head) => {
    const asked: string[] = [];
    const keys = {
      find: (hash: string) => {
        asked.push(hash);
        return principalOf();
      },
      isKnown: () => false,
    };
    expect(authenticate(headOf(head), { keys, wallClock: () => 0 })).toMatchObject({ identity: {} });
    expect(asked).toEqual([key.hash]);
  });

  test.each<[Partial<RequestHead>, string]>([
    [{}, "invalid_api_key"],
    [{ authorization: "" }, "invalid_api_key"],
    [{ authorization: "Bearer " }, "invalid_api_key"],
    [{ authorization: "Bearer null" }, "invalid_api_key"],
    [{ authorization: key.text }, "invalid_api_key"],
    [{ authorization: `Basic ${key.text}` }, "invalid_api_key"],
    [{ authorization: `Bearer ${key.text.slice(0, -1)}x` }, "invalid_api_key"],
    [{ authorization: `Bearer ${key.text.toUpperCase()}` }, "invalid_api_key"],
    [{ authorization: `Bearer pk_${"0".repeat(48)}` }, "invalid_api_key"],
    [{ ...bearer, apiKey: key.text }, "ambiguous_credentials"],
  ])("%j · %s without a look-up", async (head, code) => {
    const found = Promise.reject(new Error("nothing is to be looked up"));
    found.catch(() => undefined);
    expect(await codeOf(() => authenticateAs(head, found))).toBe(code);
  });

  test("an unknown key · the same answer as a malformed one", async () => {
    expect(await codeOf(() => authenticateAs(bearer, null))).toBe("invalid_api_key");
    expect(await codeOf(() => authenticateAs(bearer, Promise.resolve(null)))).toBe("invalid_api_key");
  });

  test("expiry · the moment itself is too late", async () => {
    const expiring = principalOf(1, { expires_at: 5_000 });
    expect(await codeOf(() => authenticateAs(bearer, expiring, 4_999))).toBe("accepted");
    expect(await codeOf(() => authenticateAs(bearer, expiring, 5_000))).toBe("invalid_api_key");
    expect(await codeOf(() => authenticateAs(bearer, Promise.resolve(expiring), 5_000))).toBe(
      "invalid_api_key",
    );
  });

  test("a key without the gateway's scope · 403", async () => {
    expect(await codeOf(() => authenticateAs(bearer, principalOf(1, { scopes: ["control"] })))).toBe(
      "insufficient_scope",
    );
  });

  test("nobody can say · 503 with a time to come back", async () => {
    const away = Promise.reject(new Error("the database is away"));
    await expect(authenticateAs(bearer, away)).rejects.toMatchObject({
      code: "auth_unavailable",
      retryAfterSeconds: 1,
    });
  });
});
