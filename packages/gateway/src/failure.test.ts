import { describe, expect, test } from "vitest";
import { adviceForStatus, parseRetryAfter } from "./failure.ts";

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
    expect(adviceForStatus(status)).toEqual({ code: "upstream_redirect", advice: "next-target" });
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
