import { randomBytes } from "node:crypto";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { Argon2id } from "oslo/password";
import { isCommonPassword } from "./common-passwords.ts";
import { limitConcurrency } from "./limit-concurrency.ts";

/** OWASP's minimum for argon2id: 19 MiB, two passes, one lane; about 10 to 25 ms of one core. */
const cost = { memorySize: 19_456, iterations: 2, parallelism: 1 };

/**
 * libuv's pool has four threads, and each hash holds 19 MiB. A hundred callers who wait for one of those are served
 * in about a second.
 */
const hashLimits = { running: 4, waiting: 100 };

export type PasswordVerdict = { kind: "match" } | { kind: "mismatch" };

/** Hashes and checks passwords by argon2id, a bounded number at a time. */
export type Passwords = {
  /** @throws {PerpetuoError} `rate_limit_exceeded` when too many hashes wait. */
  hash(password: string): Promise<string>;
  /**
   * Null stands for an account that does not exist: the work is the same, the answer is always `mismatch`.
   * @throws {PerpetuoError} `rate_limit_exceeded` when too many hashes wait.
   */
  verify(storedHash: string | null, password: string): Promise<PasswordVerdict>;
};

export async function createPasswords(): Promise<Passwords> {
  const argon2id = new Argon2id(cost);
  const run = limitConcurrency(hashLimits);
  // The hash of a password nobody knows, so that an unknown account costs what a known one costs.
  const nobodysHash = await argon2id.hash(randomBytes(32).toString("base64"));
  return {
    hash: (password) => run(() => argon2id.hash(password)),
    async verify(storedHash, password) {
      const matches = await run(() => argon2id.verify(storedHash ?? nobodysHash, password));
      return matches && storedHash !== null ? { kind: "match" } : { kind: "mismatch" };
    },
  };
}

/**
 * Refuses a new password that is too easy to guess.
 * @throws {PerpetuoError} `password_too_common`.
 */
export function refuseCommonPassword(password: string, email: string): void {
  if (isCommonPassword(password) || password.toLowerCase() === email.toLowerCase()) {
    throw new PerpetuoError("password_too_common", { param: "password" });
  }
}
