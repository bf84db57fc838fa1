import { PerpetuoError } from "@perpetuo/contracts/errors";
import { expect, test } from "vitest";
import { createPasswords, refuseCommonPassword } from "./passwords.ts";

const passwords = await createPasswords();

test("passwords.hash · argon2id with OWASP's minimum cost and a salt of its own", async () => {
  const [first, second] = await Promise.all([passwords.hash("Password123!"), passwords.hash("Password123!")]);
  expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(second).not.toBe(first);
});

test("passwords.verify · match for the password alone", async () => {
  const hash = await passwords.hash("Password123!");
  expect(await passwords.verify(hash, "Password123!")).toEqual({ kind: "match" });
  expect(await passwords.verify(hash, "Password123")).toEqual({ kind: "mismatch" });
});

test("passwords.verify · all of a long password counts", async () => {
  const hash = await passwords.hash(`${"x".repeat(255)}a`);
  expect(await passwords.verify(hash, `${"x".repeat(255)}b`)).toEqual({ kind: "mismatch" });
});

test("passwords.verify · mismatch for an account that does not exist", async () => {
  expect(await passwords.verify(null, "Password123!")).toEqual({ kind: "mismatch" });
});

test("refuseCommonPassword · refuses the list and the e-mail address, and nothing else", () => {
  expect(() => refuseCommonPassword("Qwerty123", "a@example.com")).toThrow(PerpetuoError);
  expect(() => refuseCommonPassword("A@example.com", "a@example.com")).toThrow(PerpetuoError);
  expect(() => refuseCommonPassword("Password123!", "a@example.com")).not.toThrow();
});
