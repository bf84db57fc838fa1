import { errorTable, PerpetuoError } from "@perpetuo/contracts/errors";
import { describe, expect, test } from "vitest";
import { headOf } from "../exchange.test-fake.ts";
import { anthropicDialect as dialect } from "./anthropic.ts";

describe("errors of the gateway", () => {
  test.each([
    ["invalid_json", 400, "invalid_request_error"],
    ["invalid_api_key", 401, "authentication_error"],
    ["model_not_allowed", 403, "permission_error"],
    ["model_not_found", 404, "not_found_error"],
    ["method_not_allowed", 405, "invalid_request_error"],
    ["request_timeout", 408, "timeout_error"],
    ["payload_too_large", 413, "request_too_large"],
    ["rate_limit_exceeded", 429, "rate_limit_error"],
    ["insufficient_quota", 429, "rate_limit_error"],
    ["internal_error", 500, "api_error"],
    ["upstream_auth", 502, "api_error"],
    ["overloaded", 529, "overloaded_error"],
    ["upstream_unavailable", 529, "overloaded_error"],
    ["upstream_timeout", 504, "timeout_error"],
  ] as const)("%s · %i %s, with its words and the request's id", (code, status, type) => {
    const error = new PerpetuoError(code);
    expect(dialect.statusOf(error)).toBe(status);
    expect(dialect.errorBody(error, "request-1")).toEqual({
      type: "error",
      error: { type, message: errorTable[code].message },
      request_id: "request-1",
    });
  });

  test("in a stream · is an event named error", () => {
    expect(dialect.errorEvent({ type: "error" })).toBe('event: error\ndata: {"type":"error"}\n\n');
  });
});

describe("a refusal of another wire's provider", () => {
  test.each([
    [400, 400, "invalid_request_error"],
    [404, 404, "not_found_error"],
    [422, 422, "invalid_request_error"],
    [429, 429, "rate_limit_error"],
    [500, 500, "api_error"],
    [503, 529, "overloaded_error"],
    [504, 504, "timeout_error"],
    [529, 529, "overloaded_error"],
  ])("%i · %i %s in the provider's words", (status, shown, type) => {
    const failure = {
      code: "upstream_error",
      advice: "return",
      status,
      message: "said upstream",
      retryAfterSeconds: null,
    } as const;
    expect(dialect.refusal(failure, "request-1")).toEqual({
      status: shown,
      body: { type: "error", error: { type, message: "said upstream" }, request_id: "request-1" },
    });
  });
});

describe("passedOn", () => {
  test("the query and every anthropic header · go along, several of one name as a list", () => {
    const head = headOf({
      query: "beta=true",
      authorization: "Bearer pk",
      vendorHeaders: [
        ["anthropic-beta", "a"],
        ["anthropic-version", "2023-06-01"],
        ["anthropic-beta", "b"],
        ["anthropic-new", "x"],
      ],
    });
    expect(dialect.passedOn(head)).toEqual({
      query: "beta=true",
      headers: { "anthropic-beta": "a, b", "anthropic-version": "2023-06-01", "anthropic-new": "x" },
    });
  });

  test.each(["caf\u00e9", "a b", "a\u007f"])(
    "a query of %j · 400, and not a provider that cannot be reached",
    (query) => {
      expect(() => dialect.passedOn(headOf({ query }))).toThrow(
        expect.objectContaining({ code: "invalid_request" }),
      );
    },
  );

  test("a value beyond ASCII · 400 naming the header", () => {
    expect(() => dialect.passedOn(headOf({ vendorHeaders: [["anthropic-beta", "é"]] }))).toThrow(
      expect.objectContaining({ code: "invalid_request", param: "anthropic-beta" }),
    );
  });
});
