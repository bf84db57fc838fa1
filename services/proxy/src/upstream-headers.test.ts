import { describe, expect, test } from "vitest";
import { answerHeaders } from "./answer-headers.ts";
import { anthropicDialect } from "./dialects/anthropic.ts";
import { planOf, principalOf, receiptOf } from "./request.test-fixture.ts";
import { passableHeaders } from "./upstream-headers.ts";

describe("passableHeaders", () => {
  test("what a client may see · passes", () => {
    const passing = {
      "content-type": "application/json",
      "content-encoding": "gzip",
      "openai-processing-ms": "7",
      "retry-after": "2",
      "x-should-retry": "true",
    };
    expect(Object.fromEntries(passableHeaders(passing, null))).toEqual(passing);
  });

  test.each([
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "set-cookie",
    "authorization",
    "x-api-key",
    "openai-organization",
    "x-request-id",
    "x-ratelimit-remaining-requests",
    "server",
    "x-unheard-of",
  ])("%s · stays behind", (name) => {
    expect(passableHeaders({ [name]: "value" }, null)).toEqual([]);
  });

  test("of a provider of the client's own dialect · its limits and its id too, and nothing of its account", () => {
    const passing = {
      "content-type": "application/json",
      "request-id": "req_1",
      "anthropic-ratelimit-requests-remaining": "9",
      "anthropic-ratelimit-unified-status": "allowed",
    };
    const staying = { "anthropic-organization-id": "org", connection: "close", "set-cookie": "a=b" };
    const { passesHeader } = anthropicDialect;
    expect(Object.fromEntries(passableHeaders({ ...passing, ...staying }, passesHeader))).toEqual(passing);
    expect(passableHeaders({ "request-id": "a\r\nb" }, passesHeader)).toEqual([]);
  });

  test.each(["a\r\nset-cookie: x", "a\nb", "a\u0000", "é", ["a", "b"]])(
    "%j · no header is made of it",
    (value) => {
      expect(passableHeaders({ "content-type": value }, null)).toEqual([]);
    },
  );
});

const deps = { now: () => 0.5, debugHeaders: [] };

describe("answerHeaders", () => {
  test("a request that met no target · its id and what is known of the caller", () => {
    expect(answerHeaders([], receiptOf(), { ...deps, debugHeaders: [["x-perpetuo-thread", "3"]] })).toEqual([
      ["x-request-id", "request-1"],
      ["server-timing", "overhead;dur=0.500"],
      ["x-perpetuo-thread", "3"],
      ["x-perpetuo-config-version", "4"],
    ]);
  });

  test("a called target · who answered, with what, after how many calls", () => {
    const principal = principalOf();
    const receipt = receiptOf(principal);
    receipt.target = planOf(principal).targets[0] ?? null;
    receipt.calls = 2;
    expect(Object.fromEntries(answerHeaders([["retry-after", "1"]], receipt, deps))).toEqual({
      "retry-after": "1",
      "x-request-id": "request-1",
      "server-timing": "overhead;dur=0.500",
      "x-perpetuo-provider": "mock",
      "x-perpetuo-model": "gpt",
      "x-perpetuo-attempts": "2",
      "x-perpetuo-cache": "off",
      "x-perpetuo-config-version": "4",
    });
  });

  test("a model's name beyond ASCII · is percent-encoded", () => {
    const principal = principalOf();
    const receipt = receiptOf(principal);
    const target = planOf(principal).targets[0];
    if (target === undefined) throw new Error("the plan is empty");
    receipt.target = { ...target, upstreamModel: "modèle" };
    expect(Object.fromEntries(answerHeaders([], receipt, deps))["x-perpetuo-model"]).toBe("mod%C3%A8le");
  });
});
