import { describe, expect, test } from "vitest";
import { Http1Error, invalidResponse } from "./http1/http1-error.ts";
import { addressRefused, toTransportFailure } from "./transport-failure.ts";

const coded = (code: unknown) => Object.assign(new Error("text"), { code });

describe("toTransportFailure", () => {
  test.each([
    [coded("ECONNREFUSED"), "upstream_unreachable"],
    [coded("ENOTFOUND"), "upstream_unreachable"],
    [new Http1Error("HTTP1_CONNECTION_CLOSED", "text"), "upstream_unreachable"],
    [new Http1Error("HTTP1_STALE_CONNECTION", "text"), "upstream_unreachable"],
    [new Http1Error("HTTP1_INVALID_REQUEST", "text"), "upstream_unreachable"],
    [new Http1Error("HTTP1_CONNECT_TIMEOUT", "text"), "upstream_timeout"],
    [invalidResponse("text"), "upstream_invalid_response"],
    [addressRefused("10.0.0.1"), "upstream_address_refused"],
    [new TypeError("odd"), "upstream_unreachable"],
    [coded(20), "upstream_unreachable"],
    ["a text", "upstream_unreachable"],
    [null, "upstream_unreachable"],
  ])("%s · %s", (error, code) => {
    expect(toTransportFailure(error, true)).toMatchObject({ code, sent: true });
  });

  test("the message · names the code and is cut to 300 characters", () => {
    const long = Object.assign(new Error("x".repeat(900)), { code: "EPIPE" });
    const { message } = toTransportFailure(long, false);
    expect(message).toHaveLength(300);
    expect(message.startsWith("EPIPE: x")).toBe(true);
  });
});
