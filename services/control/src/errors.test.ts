import { errorTable, PerpetuoError } from "@perpetuo/contracts/errors";
import { TRPCError } from "@trpc/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { toPerpetuoError, toPublicError } from "./errors.ts";

const zodError = () => z.strictObject({ name: z.string() }).safeParse({ extra: 1 }).error;

test("toPerpetuoError · an error of ours is found inside tRPC's", () => {
  const ours = new PerpetuoError("forbidden");
  expect(toPerpetuoError(new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause: ours }))).toBe(ours);
});

test("toPerpetuoError · a refused input names the fields", () => {
  const error = toPerpetuoError(new TRPCError({ code: "BAD_REQUEST", cause: zodError() }));
  expect([error.code, error.message]).toEqual(["invalid_request", expect.stringMatching(/^name: /)]);
  expect(error.details).toEqual({
    fields: [
      { field: "name", rule: "invalid_type", message: expect.any(String) },
      { field: "extra", rule: "unrecognized_keys", message: "There is no such field." },
    ],
  });
});

test("toPerpetuoError · a refused output is our own fault", () => {
  const error = new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause: zodError() });
  expect(toPerpetuoError(error).code).toBe("internal_error");
});

test.each([
  ["a lost connection", Object.assign(new Error("lost"), { code: "CONNECTION_CLOSED" }), "not_ready"],
  [
    "a refused connection inside Drizzle's error",
    new Error("query", { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) }),
    "not_ready",
  ],
  ["any other error", new Error("select secret from users"), "internal_error"],
  ["a thrown text", "text", "internal_error"],
])("toPerpetuoError · %s", (_case, thrown, code) => {
  expect(toPerpetuoError(thrown).code).toBe(code);
});

test("toPublicError · the text of a fault of ours is the table's", () => {
  const error = new PerpetuoError("internal_error", {
    message: "secret",
    details: "secret",
    internal: "secret",
  });
  expect(toPublicError(error, "id")).toEqual({
    code: "internal_error",
    message: errorTable.internal_error.message,
    request_id: "id",
  });
});
