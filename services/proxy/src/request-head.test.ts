import type { HttpRequest } from "uWebSockets.js";
import { describe, expect, test } from "vitest";
import { headOf } from "./exchange.test-fake.ts";
import { chooseRequestId, isLastByFraming, readHead } from "./request-head.ts";

/** The parser's view of a request with these headers. */
function read(headers: [string, string][], path = "/v1/chat/completions") {
  const request: Pick<HttpRequest, "getCaseSensitiveMethod" | "getUrl" | "getQuery" | "forEach"> = {
    getCaseSensitiveMethod: () => "POST",
    getUrl: () => path,
    getQuery: () => "beta=true",
    forEach: (callback) => {
      for (const [name, value] of headers) callback(name, value);
    },
  };
  return readHead(request as HttpRequest);
}

describe("readHead", () => {
  test("known headers · each in its place, the rest left alone", () => {
    expect(
      read([
        ["host", "gateway"],
        ["authorization", "Bearer x"],
        ["x-api-key", "k"],
        ["content-type", "application/json"],
        ["content-encoding", "identity"],
        ["content-length", "42"],
        ["x-request-id", "id-1"],
        ["x-perpetuo-metadata", "{}"],
        ["x-perpetuo-timeout-ms", "5"],
        ["accept", "*/*"],
        ["accept", "text/plain"],
      ]),
    ).toEqual(
      headOf({
        authorization: "Bearer x",
        apiKey: "k",
        contentEncoding: "identity",
        contentLength: 42,
        requestId: "id-1",
        metadata: "{}",
        timeoutMs: "5",
      }),
    );
  });

  test.each(["content-length", "transfer-encoding", "host", "authorization", "x-api-key", "content-type"])(
    "a second %s · is reported, and the first one kept",
    (name) => {
      const head = read([
        [name, "1"],
        [name, "2"],
      ]);
      expect(head.duplicateHeader).toBe(name);
      expect(Object.values(head)).not.toContain("2");
      expect(head.contentLength).not.toBe(2);
    },
  );

  test("a dialect's own headers · are kept in order, all of them", () => {
    const sent: [string, string][] = [
      ["anthropic-version", "2023-06-01"],
      ["anthropic-beta", "a"],
      ["anthropic-unheard-of", "x"],
      ["anthropic-beta", "b"],
    ];
    expect(read([["accept", "*/*"], ...sent]).vendorHeaders).toEqual(sent);
  });

  test("the query · is read where the path looks at it", () => {
    expect(read([], "/v1/messages").query).toBe("beta=true");
    expect(read([]).query).toBeNull();
  });

  test.each(["+5", "-1", "5,5", "0x5", "", "9".repeat(16)])("content-length %j · malformed", (value) => {
    expect(read([["content-length", value]]).contentLength).toBe("malformed");
  });
});

describe("chooseRequestId", () => {
  test.each(["a", "Req_1.2:3-4", "x".repeat(128)])("%j · honoured", (requestId) => {
    expect(chooseRequestId(headOf({ requestId }), "own")).toBe(requestId);
  });

  test.each([null, "", "x".repeat(129), "a b", "a\r\nb", "é", '"', "a/b"])(
    "%j · the gateway's own",
    (requestId) => {
      expect(chooseRequestId(headOf({ requestId }), "own")).toBe("own");
    },
  );
});

describe("isLastByFraming", () => {
  test.each([{}, { method: "GET", contentLength: null }, { method: "HEAD", contentLength: null }])(
    "%j · the connection goes on",
    (overrides) => {
      expect(isLastByFraming(headOf(overrides))).toBe(false);
    },
  );

  test.each([
    { duplicateHeader: "host" },
    { transferEncoding: "chunked", contentLength: null },
    { transferEncoding: "chunked", method: "GET", contentLength: null },
    { contentLength: "malformed" as const },
    { contentLength: null },
    { method: "DELETE", contentLength: null },
  ])("%j · nothing behind it is a request", (overrides) => {
    expect(isLastByFraming(headOf(overrides))).toBe(true);
  });
});
