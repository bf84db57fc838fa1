import type { Limits } from "@perpetuo/contracts/limits";
import { compileConfig } from "@perpetuo/gateway/compiled-config";
import { describe, expect, test } from "vitest";
import type { AdmissionOutcome, Counters, LimitSubject } from "../counters.ts";
import type { Principal } from "../key-cache.ts";
import type { Place } from "../overload/entrance.ts";
import { callOf, configOf, identityOf, principalOf, receiptOf } from "../request.test-fixture.ts";
import { type AdmitDeps, admit, leavePlace, takePlace } from "./3-admit.ts";

const acceptedTime = Date.UTC(2026, 0, 2);

/** Counters that remember what they were asked and give one answer. */
function countersThat(answer: (subjects: readonly LimitSubject[]) => AdmissionOutcome) {
  const asked: { subjects: readonly LimitSubject[]; tokens: number; costMicros: number }[] = [];
  const counters: Counters = {
    admit(subjects, demand) {
      asked.push({ subjects, ...demand });
      return answer(subjects);
    },
    settle: () => undefined,
  };
  return { counters, asked };
}

const admitting = () =>
  countersThat((subjects) => ({
    kind: "admitted",
    admission: { subjects, demand: { tokens: 0, costMicros: 0 }, acceptedTime, requests: null, tokens: null },
  }));

const depsWith = (changes: Partial<AdmitDeps> = {}): AdmitDeps => ({
  isSpoolFull: () => false,
  isSpoolBlocked: () => false,
  isSpoolReplayed: () => true,
  entrance: { enter: () => ({ row: 2 }), leave: () => undefined },
  counters: admitting().counters,
  ...changes,
});

const run = (principal: Principal, changes: Partial<AdmitDeps> = {}, members: object = {}) =>
  admit({ principal, call: callOf(members), metadata: null, acceptedTime }, depsWith(changes));

const limited = (limits: Limits, workspaceLimits: Limits = {}): Principal => ({
  identity: identityOf({ limits }),
  config: compileConfig(configOf({ limits: workspaceLimits })),
});

describe("takePlace", () => {
  const exchange = { onInterruption: () => undefined };

  test.each([{ isSpoolFull: () => true }, { isSpoolBlocked: () => true }])(
    "%o · 503, because an answer without a record is worse",
    (state) => {
      expect(() => takePlace(principalOf(), exchange, depsWith(state))).toThrow(
        expect.objectContaining({ code: "spool_full", retryAfterSeconds: 5 }),
      );
    },
  );

  test("a place · of the caller's workspace, given back once", () => {
    const asked: string[] = [];
    const left: number[] = [];
    const entrance: AdmitDeps["entrance"] = {
      enter: (workspaceId) => {
        asked.push(workspaceId);
        return { row: 7 };
      },
      leave: ({ row }) => left.push(row),
    };
    const receipt = receiptOf();
    receipt.place = takePlace(principalOf(), exchange, depsWith({ entrance })) as Place;
    leavePlace(receipt, { entrance });
    leavePlace(receipt, { entrance });
    expect([asked, left]).toEqual([["workspace-1"], [7]]);
  });
});

describe("admit", () => {
  test("a caller without limits · admitted without asking the counters", () => {
    const { counters, asked } = admitting();
    expect(run(principalOf(), { counters })).toMatchObject({ subjects: [], acceptedTime });
    expect(asked).toEqual([]);
  });

  test("a model that the key may not use · 403; one that it may · taken", () => {
    const choosy = principalOf(1, { models: ["other", "gpt"] });
    expect(() => run(choosy)).not.toThrow();
    expect(() => run(choosy, {}, { model: "gpt-5" })).toThrow(
      expect.objectContaining({ code: "model_not_allowed", param: "model" }),
    );
    expect(() => run(principalOf(1, { models: [] }))).toThrow();
  });

  test("further models · each has to be one that the key may use", () => {
    const choosy = principalOf(1, { models: ["other", "gpt"] });
    expect(() => run(choosy, {}, { models: ["other"] })).not.toThrow();
    expect(() => run(choosy, {}, { models: ["other", "dear"] })).toThrow(
      expect.objectContaining({ code: "model_not_allowed", param: "models" }),
    );
    expect(() => run(choosy, {}, { models: ["dear"] })).toThrow("'dear'");
  });

  test("limits of the key and of the workspace · both are asked, with the estimate of tokens and cost", async () => {
    const { counters, asked } = admitting();
    await run(
      limited({ requests_per_minute: 1 }, { budget_daily_micros: 9 }),
      { counters },
      { max_tokens: 10 },
    );
    // 33 bytes of messages are 11 tokens at $1 a million, 10 tokens out at $2.
    expect(asked).toMatchObject([
      { subjects: [{ scope: "api_key" }, { scope: "workspace" }], tokens: 21, costMicros: 31 },
    ]);
  });

  test("no length named · the estimate reserves 4,096 tokens for each answer", async () => {
    const { counters, asked } = admitting();
    await run(limited({ tokens_per_minute: 1 }), { counters }, { n: 2 });
    expect(asked[0]?.tokens).toBe(11 + 2 * 4_096);
  });

  test("a budget before the spool of an earlier run is in the database · 503", () => {
    expect(() => run(limited({ budget_daily_micros: 9 }), { isSpoolReplayed: () => false })).toThrow(
      expect.objectContaining({ code: "not_ready", retryAfterSeconds: 1 }),
    );
    expect(() => run(limited({ requests_per_minute: 9 }), { isSpoolReplayed: () => false })).not.toThrow();
  });

  test("an unknown price under a budget · 403 naming the model", () => {
    expect(() => run(limited({ budget_monthly_micros: 9 }), {}, { model: "unlisted" })).toThrow(
      expect.objectContaining({ code: "model_price_unknown", param: "model" }),
    );
  });

  test("a rate that is used up · 429 naming the limit and whose it is, with the time to wait", () => {
    const { counters } = countersThat(() => ({
      kind: "refused",
      scope: "workspace",
      limit: "requests_per_minute",
      allowed: 60,
      retryAfterMs: 1_001,
    }));
    expect(() => run(limited({ requests_per_minute: 1 }), { counters })).toThrow(
      expect.objectContaining({
        code: "rate_limit_exceeded",
        message: "This workspace has reached its limit of 60 requests per minute.",
        retryAfterSeconds: 2,
      }),
    );
  });

  test("a spent budget · 429 insufficient_quota without a time", () => {
    const { counters } = countersThat(() => ({
      kind: "refused",
      scope: "api_key",
      limit: "budget_daily_micros",
      allowed: 2_500_000,
      retryAfterMs: null,
    }));
    expect(() => run(limited({ budget_daily_micros: 1 }), { counters })).toThrow(
      expect.objectContaining({
        code: "insufficient_quota",
        message: "This API key has reached its limit of $2.50 a day.",
        retryAfterSeconds: null,
      }),
    );
  });

  test("no room to count · 503, and the operator learns why", () => {
    const { counters } = countersThat(() => ({ kind: "unavailable", reason: "the table is full" }));
    expect(() => run(limited({ requests_per_minute: 1 }), { counters })).toThrow(
      expect.objectContaining({ code: "overloaded", internal: "the table is full" }),
    );
  });

  test("counters that answer later · are waited for, and their refusal is the same", async () => {
    const counters: Counters = {
      admit: () =>
        Promise.resolve({
          kind: "refused",
          scope: "api_key",
          limit: "concurrent_requests",
          allowed: 5,
          retryAfterMs: 1,
        }),
      settle: () => undefined,
    };
    await expect(run(limited({ concurrent_requests: 5 }), { counters })).rejects.toMatchObject({
      code: "rate_limit_exceeded",
      message: "This API key has reached its limit of 5 requests at a time.",
      retryAfterSeconds: 1,
    });
  });
});
