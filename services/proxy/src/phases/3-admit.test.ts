import type { Limits } from "@perpetuo/contracts/limits";
import { compileConfig } from "@perpetuo/gateway/compiled-config";
import { describe, expect, test } from "vitest";
import type { AdmissionOutcome, Counters, LimitSubject } from "../counters.ts";
import type { Principal } from "../key-cache.ts";
import { callOf, configOf, gptPrice, identityOf, principalOf } from "../request.test-fixture.ts";
import { type AdmitDeps, admit } from "./3-admit.ts";

type Demanded = { subjects: readonly LimitSubject[]; tokens: number; costMicros: number };

/** Counters that say what they are told to, and remember what was asked of them. */
function countersSaying(outcome?: AdmissionOutcome) {
  const demanded: Demanded[] = [];
  const counters: Counters = {
    admit(subjects, demand, acceptedTime) {
      demanded.push({ subjects, ...demand });
      const admission = { subjects, demand, acceptedTime, requests: null, tokens: null };
      return outcome ?? { kind: "admitted", admission };
    },
    settle: () => undefined,
  };
  return { counters, demanded };
}

const free: AdmitDeps = {
  isSpoolFull: () => false,
  isSpoolReplayed: () => true,
  inFlight: () => 1,
  maxInFlight: 2,
  counters: countersSaying().counters,
};

function admitted(principal: Principal, deps: Partial<AdmitDeps> = {}, members: object = {}) {
  return admit({ principal, call: callOf(members), acceptedTime: 7 }, { ...free, ...deps });
}

function limited(key: Limits, workspace: Limits = {}): Principal {
  return {
    identity: identityOf({ limits: key, spent: { day_micros: 3, month_micros: 4 } }),
    config: compileConfig(configOf({ limits: workspace })),
  };
}

describe("admit", () => {
  test("a request within every limit · taken, also as the last one that fits", () => {
    expect(admitted(principalOf(), { inFlight: () => 2 })).toMatchObject({ subjects: [], acceptedTime: 7 });
  });

  test("the spool is full · 503, because an answer without a record is worse", () => {
    expect(() => admitted(principalOf(), { isSpoolFull: () => true })).toThrow(
      expect.objectContaining({ code: "spool_full", retryAfterSeconds: 5 }),
    );
  });

  test("one more than the thread takes · 503", () => {
    expect(() => admitted(principalOf(), { inFlight: () => 3 })).toThrow(
      expect.objectContaining({ code: "overloaded", retryAfterSeconds: 1 }),
    );
  });

  test("a model that the key may not use · 403; one that it may · taken", () => {
    const some = principalOf(1, { models: ["other", "gpt"] });
    expect(() => admitted(some)).not.toThrow();
    expect(() => admitted(some, {}, { model: "gpt-5" })).toThrow(
      expect.objectContaining({ code: "model_not_allowed", param: "model" }),
    );
    expect(() => admitted(principalOf(1, { models: [] }))).toThrow(
      expect.objectContaining({ code: "model_not_allowed" }),
    );
  });
});

describe("admit under limits", () => {
  test("no limit at all · the counters are not asked", () => {
    const { counters, demanded } = countersSaying();
    admitted(limited({}), { counters });
    expect(demanded).toEqual([]);
  });

  test("key and workspace · both are asked at once, with what the request may take", () => {
    const { counters, demanded } = countersSaying();
    admitted(
      limited({ tokens_per_minute: 9_000 }, { concurrent_requests: 2 }),
      { counters },
      { max_tokens: 50 },
    );
    expect(demanded[0]?.subjects.map(({ scope, id }) => [scope, id])).toEqual([
      ["api_key", "key-1"],
      ["workspace", "workspace-1"],
    ]);
    const input = Math.ceil(JSON.stringify([{ role: "user", content: "hi" }]).length / 3);
    expect(demanded[0]?.tokens).toBe(input + 50);
    expect(demanded[0]?.costMicros).toBe(input + 100);
  });

  test.each([
    ["requests_per_minute", 1_500, "rate_limit_exceeded", 2],
    ["concurrent_requests", 10, "rate_limit_exceeded", 1],
    ["tokens_per_minute", null, "rate_limit_exceeded", null],
    ["budget_daily_micros", null, "insufficient_quota", null],
  ] as const)("%s refused (%j ms) · 429 %j", (...row) => {
    const [limit, retryAfterMs, code, retryAfterSeconds] = row;
    const { counters } = countersSaying({
      kind: "refused",
      scope: "workspace",
      limit,
      allowed: 5,
      retryAfterMs,
    });
    expect(() => admitted(limited({ requests_per_minute: 1 }), { counters })).toThrow(
      expect.objectContaining({
        code,
        retryAfterSeconds,
        message: expect.stringMatching(/^This workspace/) as unknown,
      }),
    );
  });

  test("no room to count · 503", () => {
    const { counters } = countersSaying({ kind: "unavailable", reason: "the table is full" });
    expect(() => admitted(limited({ requests_per_minute: 1 }), { counters })).toThrow(
      expect.objectContaining({ code: "overloaded", internal: "the table is full" }),
    );
  });

  test("counters that answer later · are waited for", async () => {
    const counters: Counters = {
      ...free.counters,
      admit: () =>
        Promise.resolve({
          kind: "refused",
          scope: "api_key",
          limit: "requests_per_minute",
          allowed: 5,
          retryAfterMs: 1,
        }),
    };
    await expect(admitted(limited({ requests_per_minute: 1 }), { counters })).rejects.toMatchObject({
      code: "rate_limit_exceeded",
      message: "This API key has reached its limit of 5 requests per minute.",
    });
  });

  test("a budget before the spool is replayed · 503; a rate · taken", () => {
    const starting = { isSpoolReplayed: () => false };
    expect(() => admitted(limited({ budget_daily_micros: 1 }), starting)).toThrow(
      expect.objectContaining({ code: "not_ready" }),
    );
    expect(() => admitted(limited({ requests_per_minute: 1 }), starting)).not.toThrow();
  });

  test("a budget and a model without a price · 403 naming it; a rate · taken", () => {
    const unpriced = (limits: Limits): Principal => ({
      ...limited(limits),
      config: compileConfig(configOf({ prices: [{ ...gptPrice, model: "another" }] })),
    });
    expect(() => admitted(unpriced({ budget_monthly_micros: 1 }))).toThrow(
      expect.objectContaining({ code: "model_price_unknown", param: "model" }),
    );
    expect(() => admitted(unpriced({ requests_per_minute: 1 }))).not.toThrow();
  });
});
