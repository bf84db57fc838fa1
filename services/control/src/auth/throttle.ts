import { hash } from "node:crypto";
import { isIPv6 } from "node:net";
import { PerpetuoError } from "@perpetuo/contracts/errors";

/** Counts attempts in the database, so that a restart or a second instance does not start afresh. */
export type AttemptCounter = {
  /** Adds one to the key's present window and returns the count, and the seconds until the window ends. */
  count(key: string, windowSeconds: number): Promise<{ attempts: number; secondsLeft: number }>;
  /** Forgets the key. */
  reset(key: string): Promise<void>;
};

export type ThrottleRule = { limit: number; windowSeconds: number };
export type ThrottleRules = {
  signUpPerAddress: ThrottleRule;
  logInPerAddress: ThrottleRule;
  logInPerAccount: ThrottleRule;
  invitePerUser: ThrottleRule;
  resetPerAddress: ThrottleRule;
  resetPerAccount: ThrottleRule;
};

/**
 * Enough for an office behind one address, far too few to guess a password: 20 tries a quarter of an hour, and a
 * success starts the account's count afresh.
 */
export const defaultThrottleRules: ThrottleRules = {
  signUpPerAddress: { limit: 100, windowSeconds: 60 * 60 },
  logInPerAddress: { limit: 200, windowSeconds: 15 * 60 },
  logInPerAccount: { limit: 20, windowSeconds: 15 * 60 },
  // A whole department in a day, and no use for sending mail to strangers.
  invitePerUser: { limit: 50, windowSeconds: 60 * 60 },
  resetPerAddress: { limit: 60, windowSeconds: 60 * 60 },
  // Each is a mail to somebody who may not have asked for it.
  resetPerAccount: { limit: 5, windowSeconds: 60 * 60 },
};

/** Every method counts the attempt before it is made, so that attempts at the same time cannot pass together. */
export type Throttle = {
  /** @throws {PerpetuoError} `rate_limit_exceeded` with the seconds to wait. */
  signUp(address: string): Promise<void>;
  /** @throws {PerpetuoError} `rate_limit_exceeded` with the seconds to wait. */
  logIn(address: string, email: string): Promise<void>;
  /** @throws {PerpetuoError} `rate_limit_exceeded` with the seconds to wait. */
  invite(userId: string): Promise<void>;
  /** Asking for a link. @throws {PerpetuoError} `rate_limit_exceeded` with the seconds to wait. */
  requestReset(address: string, email: string): Promise<void>;
  /** Trying a link. @throws {PerpetuoError} `rate_limit_exceeded` with the seconds to wait. */
  useReset(address: string): Promise<void>;
  /** To be called after a log-in that succeeded. */
  loggedIn(email: string): Promise<void>;
};

export function createThrottle(counter: AttemptCounter, rules: ThrottleRules): Throttle {
  const enforce = async (key: string, rule: ThrottleRule): Promise<void> => {
    const { attempts, secondsLeft } = await counter.count(key, rule.windowSeconds);
    if (attempts > rule.limit) {
      throw new PerpetuoError("rate_limit_exceeded", { retryAfterSeconds: secondsLeft });
    }
  };
  return {
    signUp: (address) => enforce(`signup:address:${addressKey(address)}`, rules.signUpPerAddress),
    async logIn(address, email) {
      await enforce(`login:address:${addressKey(address)}`, rules.logInPerAddress);
      await enforce(accountKey(email), rules.logInPerAccount);
    },
    invite: (userId) => enforce(`invite:user:${userId}`, rules.invitePerUser),
    async requestReset(address, email) {
      await enforce(`reset:address:${addressKey(address)}`, rules.resetPerAddress);
      await enforce(`reset:account:${hashOf(email)}`, rules.resetPerAccount);
    },
    useReset: (address) => enforce(`reset:address:${addressKey(address)}`, rules.resetPerAddress),
    loggedIn: (email) => counter.reset(accountKey(email)),
  };
}

function accountKey(email: string): string {
  return `login:account:${hashOf(email)}`;
}

/** The address is hashed: the table must not become a list of the addresses that somebody tried. */
function hashOf(email: string): string {
  return hash("sha256", email.toLowerCase(), "hex");
}

/** One subscriber has at least a /64 of IPv6, so that prefix counts as one address. */
export function addressKey(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.toLowerCase().split("::");
  const leading = head === "" ? [] : head.split(":");
  const trailing = tail === undefined || tail === "" ? [] : tail.split(":");
  const omitted = tail === undefined ? 0 : Math.max(0, 8 - leading.length - trailing.length);
  const groups = [...leading, ...Array<string>(omitted).fill("0"), ...trailing];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
