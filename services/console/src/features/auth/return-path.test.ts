import { expect, test } from "vitest";
import { logInPath, returnPath } from "./return-path.ts";

const workspace = "/app/0198a000-0000-7000-8000-000000000001";

test("logInPath · comes back to the same place, search included", () => {
  const path = logInPath({ pathname: `${workspace}/requests`, search: "?status=client_error&page=2" });
  expect(returnPath(new URL(path, "http://localhost").searchParams)).toBe(
    `${workspace}/requests?status=client_error&page=2`,
  );
});

test("logInPath · says nothing of the console's own start", () => {
  expect(logInPath({ pathname: "/app", search: "" })).toBe("/app/login");
});

test.each([
  "https://evil.example/app/x",
  "//evil.example/app/x",
  "/\\evil.example",
  "/app//evil.example",
  "/app/../docs",
  "/app/\t/evil.example",
  "javascript:alert(1)",
  "",
])("returnPath · the console's start for %j", (next) => {
  expect(returnPath(new URLSearchParams({ next }))).toBe("/app");
});
