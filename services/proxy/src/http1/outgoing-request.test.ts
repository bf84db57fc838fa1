import { describe, expect, test } from "vitest";
import { encodeRequest, type RequestHead, requestPrefix } from "./outgoing-request.ts";

const head: RequestHead = { host: "upstream", path: "/v1?a=b", headers: { authorization: "Bearer sk-1" } };

describe("requestPrefix", () => {
  test("a head · holds its lines in order, and the length comes last", () => {
    const [bytes] = encodeRequest(requestPrefix(head), Buffer.from("{}"));
    expect(bytes?.toString("latin1")).toBe(
      "POST /v1?a=b HTTP/1.1\r\nhost: upstream\r\nconnection: keep-alive\r\nauthorization: Bearer sk-1\r\ncontent-length: 2\r\n\r\n{}",
    );
  });

  test.each(["/a b", "/a\r\nx: y", "/a\n", "/a\0", "/é", "a", "", "*", "/\u{1F600}"])(
    "path %j · is refused",
    (path) => {
      expect(() => requestPrefix({ ...head, path })).toThrow(
        expect.objectContaining({ code: "HTTP1_INVALID_REQUEST" }),
      );
    },
  );

  test.each(["a\r\nx-injected: 1", "a\nb", "a\rb", "a\0b", "\u{560D}\u{560A}", "a\x7f", "\u0100"])(
    "value %j · is refused, and not repeated",
    (value) => {
      const refused = () => requestPrefix({ ...head, headers: { authorization: value } });
      expect(refused).toThrow(expect.objectContaining({ code: "HTTP1_INVALID_REQUEST" }));
      expect(refused).not.toThrow(value);
    },
  );

  test.each(["", "a b", "a:", "a\r\nb", "é"])("name %j · is refused", (name) => {
    expect(() => requestPrefix({ ...head, headers: { [name]: "x" } })).toThrow(/not a token/);
  });
});

describe("encodeRequest", () => {
  test("a short body · is one piece with its head; a long one · is not copied", () => {
    const long = Buffer.alloc(100_000);
    expect(encodeRequest(requestPrefix(head), Buffer.alloc(1_000))).toHaveLength(1);
    const pieces = encodeRequest(requestPrefix(head), long);
    expect(pieces).toHaveLength(2);
    expect(pieces[1]).toBe(long);
    expect(pieces[0]?.toString("latin1")).toMatch(/\r\ncontent-length: 100000\r\n\r\n$/);
  });

  test("an empty body · has a length all the same", () => {
    expect(encodeRequest(requestPrefix(head), Buffer.alloc(0))[0]?.toString()).toMatch(
      /content-length: 0\r\n\r\n$/,
    );
  });
});
