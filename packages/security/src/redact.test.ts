import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { maskSecret, Secret } from "./redact.ts";

describe("Secret", () => {
  const secret = new Secret("canary");

  it.each([
    ["JSON", () => JSON.stringify({ secret })],
    ["string conversion", () => `${secret.toString()}${String(secret)}`],
    ["concatenation", () => ["", secret].join("")],
    ["inspection", () => inspect({ secret }, { showHidden: true, depth: 5 })],
    ["an error", () => new Error("failed", { cause: secret }).cause?.toString()],
    ["its own properties", () => JSON.stringify({ ...secret }) + Object.getOwnPropertyNames(secret).join()],
  ])("printed by %s · stays hidden", (_title, print) => {
    expect(print()).not.toContain("canary");
  });

  it("revealed · is the value", () => {
    expect(secret.reveal()).toBe("canary");
  });
});

describe("maskSecret", () => {
  it.each([
    ["sk-proj-0123456789abcd", "…abcd"],
    ["123456789012", "…9012"],
    ["12345678901", "…"],
    ["", "…"],
  ])("%s · shows %s", (text, shown) => {
    expect(maskSecret(text)).toBe(shown);
  });
});
