import { describe, expect, test } from "vitest";
import {
  adviceForStatus,
  obeyRetryHeader,
  outcomeOfFailure,
  parseRetryAfter,
  type UpstreamFailure,
} from "./failure.ts";

describe("adviceForStatus", () => {
  test.each([408, 429, 500, 502, 503, 504, 529])("%i · goes on to the next target", (status) => {
    expect(adviceForStatus(status)).toEqual({ code: "upstream_error", advice: "next-target" });
  });

  test.each([400, 404, 413, 422])("%i · goes back to the client", (status) => {
    expect(adviceForStatus(status)).toEqual({ code: "upstream_error", advice: "return" });
  });

  test.each([401, 403])("%i · blames the provider key", (status) => {
    expect(adviceForStatus(status)).toEqual({ code: "upstream_auth", advice: "credential" });
  });

  test.each([301, 302, 307, 308])("%i · is a redirect, which is not followed", (status) => {
    expect(adviceForStatus(status)).toEqual({ code: "upstream_redirect", advice: "other-target" });
  });

  test.each([501, 505])("%i · would not be better here a moment later", (status) => {
    expect(adviceForStatus(status)).toEqual({ code: "upstream_error", advice: "other-target" });
  });
});

const failureOf = (changes: Partial<UpstreamFailure>): UpstreamFailure => ({
  code: "upstream_error",
  advice: "next-target",
  status: 503,
  message: "no",
  retryAfterSeconds: null,
  ...changes,
});

describe("obeyRetryHeader", () => {
  test("x-should-retry: false · not here again", () => {
    const headers = { "x-should-retry": "false" };
    expect(obeyRetryHeader(failureOf({}), headers).advice).toBe("other-target");
    expect(obeyRetryHeader(failureOf({ advice: "return" }), headers).advice).toBe("return");
  });

  test.each([{}, { "x-should-retry": "true" }, { "x-should-retry": ["false", "false"] }])(
    "%j · changes nothing",
    (headers) => {
      const failure = failureOf({});
      expect(obeyRetryHeader(failure, headers)).toBe(failure);
    },
  );
});

describe("outcomeOfFailure", () => {
  test.each<[Partial<UpstreamFailure>, string]>([
    [{ status: 500 }, "failure"],
    [{ status: 529 }, "failure"],
    [{ status: 200 }, "failure"],
    [{ code: "upstream_unreachable", status: null }, "failure"],
    [{ code: "upstream_timeout", status: null }, "failure"],
    [{ code: "upstream_invalid_response", status: 200 }, "failure"],
    [{ status: 400 }, "success"],
    [{ status: 404 }, "success"],
    [{ status: 429 }, "neutral"],
    [{ status: 408 }, "neutral"],
    [{ code: "upstream_auth", status: 401 }, "neutral"],
    [{ code: "upstream_redirect", status: 307 }, "neutral"],
    [{ code: "upstream_address_refused", status: null }, "neutral"],
    [{ code: "client_closed_request", status: null }, "neutral"],
    [{ code: "internal_error", status: null }, "neutral"],
  ])("%j · %s", (changes, outcome) => {
    expect(outcomeOfFailure(failureOf(changes))).toBe(outcome);
  });
});

describe("parseRetryAfter", () => {
  test.each([
    [{ "retry-after": "2" }, 2],
    [{ "retry-after": " 7 " }, 7],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after-ms": "1500", "retry-after": "9" }, 1.5],
    [{ "retry-after-ms": "soon", "retry-after": "9" }, 9],
    [{ "retry-after": "-1" }, null],
    [{ "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, null],
    [{ "retry-after": ["1", "2"] }, null],
    [{ "retry-after": "1e9" }, null],
    [{}, null],
  ])("%j · %j seconds", (headers, seconds) => {
    expect(parseRetryAfter(headers)).toBe(seconds);
  });
});
