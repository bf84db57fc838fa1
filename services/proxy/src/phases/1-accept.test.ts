import { PerpetuoError } from "@perpetuo/contracts/errors";
import { describe, expect, test } from "vitest";
import { headOf } from "../exchange.test-fake.ts";
import type { RequestHead } from "../exchange.ts";
import { accept, readMetadata, readTimeout } from "./1-accept.ts";

const limits = { maxBodyBytes: 100 };

function refusal(work: () => unknown): { code: string; status: number; param: string | null } {
  try {
    work();
  } catch (error) {
    if (error instanceof PerpetuoError)
      return { code: error.code, status: error.definition.status, param: error.param };
    throw error;
  }
  throw new Error("it was accepted");
}

describe("accept", () => {
  test.each<Partial<RequestHead>>([
    {},
    { contentLength: 100 },
    { contentLength: null, transferEncoding: "chunked" },
    { contentType: "application/json; charset=utf-8" },
    { contentType: 'Application/JSON;charset="UTF-8"' },
    { contentEncoding: "identity" },
    { method: "GET", contentType: null, contentLength: null },
  ])("%j · taken", (overrides) => {
    expect(() => accept(headOf(overrides), limits)).not.toThrow();
  });

  test.each<[Partial<RequestHead>, [code: string, status: number, param: string | null]]>([
    [{ duplicateHeader: "authorization" }, ["ambiguous_credentials", 400, "authorization"]],
    [{ duplicateHeader: "x-api-key" }, ["ambiguous_credentials", 400, "x-api-key"]],
    [{ duplicateHeader: "content-length" }, ["duplicate_header", 400, "content-length"]],
    [{ duplicateHeader: "host", method: "GET" }, ["duplicate_header", 400, "host"]],
    [{ transferEncoding: "gzip, chunked" }, ["invalid_request", 400, "transfer-encoding"]],
    [{ transferEncoding: "xchunked" }, ["invalid_request", 400, "transfer-encoding"]],
    [{ transferEncoding: "identity", method: "GET" }, ["invalid_request", 400, "transfer-encoding"]],
    [{ contentLength: "malformed" }, ["invalid_request", 400, "content-length"]],
    [{ contentLength: "malformed", method: "GET" }, ["invalid_request", 400, "content-length"]],
    [{ contentEncoding: "gzip" }, ["unsupported_media_type", 415, "content-encoding"]],
    [{ contentType: null }, ["unsupported_media_type", 415, "content-type"]],
    [{ contentType: "text/plain" }, ["unsupported_media_type", 415, "content-type"]],
    [{ contentType: "application/jsonp" }, ["unsupported_media_type", 415, "content-type"]],
    [{ contentType: "application/json; charset=utf-16" }, ["unsupported_media_type", 415, "content-type"]],
    [{ contentLength: 101 }, ["payload_too_large", 413, null]],
  ])("%j · %j", (overrides, [code, status, param]) => {
    expect(refusal(() => accept(headOf(overrides), limits))).toEqual({ code, status, param });
  });
});

describe("readMetadata", () => {
  test("absent · null", () => {
    expect(readMetadata(headOf())).toBeNull();
  });

  test("an object of strings · as it is", () => {
    expect(readMetadata(headOf({ metadata: '{"team":"a","":"b"}' }))).toEqual({ team: "a", "": "b" });
  });

  const many = JSON.stringify(Object.fromEntries(Array.from({ length: 17 }, (_, index) => [index, "x"])));
  test.each(["", "{", "[]", "null", '"a"', '{"a":1}', '{"a":{}}', many, `{"a":"${"x".repeat(4_096)}"}`])(
    "%j · 400",
    (metadata) => {
      expect(refusal(() => readMetadata(headOf({ metadata })))).toMatchObject({
        status: 400,
        param: "x-perpetuo-metadata",
      });
    },
  );
});

describe("readTimeout", () => {
  test("absent · null; a number · milliseconds", () => {
    expect(readTimeout(headOf())).toBeNull();
    expect(readTimeout(headOf({ timeoutMs: "1500" }))).toBe(1_500);
  });

  test.each(["", "0", "-1", "1.5", "1e3", " 7", "999999999", "soon"])("%j · 400", (timeoutMs) => {
    expect(refusal(() => readTimeout(headOf({ timeoutMs })))).toMatchObject({
      status: 400,
      param: "x-perpetuo-timeout-ms",
    });
  });
});
