import { expect, test } from "vitest";
import { checkOrigin, type OriginCheckInput } from "./origin-check.ts";

const allowedOrigins = new Set(["https://perpetuo.example.com", "https://console.example.com"]);
const input = (changes: Partial<OriginCheckInput>): OriginCheckInput => ({
  method: "POST",
  credential: "cookie",
  fetchSite: undefined,
  origin: undefined,
  allowedOrigins,
  ...changes,
});

test.each<[string, Partial<OriginCheckInput>]>([
  ["a read from anywhere", { method: "GET", fetchSite: "cross-site", origin: "https://evil.example" }],
  [
    "a bearer token from anywhere",
    { credential: "bearer", fetchSite: "cross-site", origin: "https://evil.example" },
  ],
  ["a cookie from the same origin", { fetchSite: "same-origin", origin: "https://perpetuo.example.com" }],
  [
    "a cookie from a page on an address without a certificate, by its Origin",
    { origin: "https://perpetuo.example.com" },
  ],
  ["a cookie from the console's origin", { fetchSite: "same-site", origin: "https://console.example.com" }],
  ["a log-in by a program", { credential: "none" }],
])("checkOrigin · allows %s", (_case, changes) => {
  expect(checkOrigin(input(changes))).toEqual({ kind: "allowed" });
});

test.each<[string, Partial<OriginCheckInput>]>([
  ["a cookie from another site", { fetchSite: "cross-site", origin: "https://evil.example" }],
  ["a cookie from a sibling subdomain", { fetchSite: "same-site", origin: "https://blog.example.com" }],
  ["a cookie from another site that hides its origin", { fetchSite: "cross-site" }],
  ["a cookie from another site without fetch metadata", { origin: "https://evil.example" }],
  ["a cookie from a sandboxed page", { origin: "null" }],
  ["a cookie from an origin that only begins alike", { origin: "https://perpetuo.example.com.evil.example" }],
  ["a cookie without any header", {}],
  [
    "a log-in from another site",
    { credential: "none", fetchSite: "cross-site", origin: "https://evil.example" },
  ],
  [
    "a log-in from another site without fetch metadata",
    { credential: "none", origin: "https://evil.example" },
  ],
  ["a malformed credential with another origin", { credential: "malformed", origin: "https://evil.example" }],
])("checkOrigin · refuses %s", (_case, changes) => {
  expect(checkOrigin(input(changes)).kind).toBe("refused");
});
