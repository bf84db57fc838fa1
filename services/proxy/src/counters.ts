import type { Spent } from "@perpetuo/contracts/gateway-config";
import type { Limits } from "@perpetuo/contracts/limits";
import type { Demand, LimitName, RateStatus } from "@perpetuo/gateway/limits";

export type LimitScope = "api_key" | "workspace";

/** Whoever has limits: an API key or a workspace, and what the database knows of its spending. */
export type LimitSubject = {
  scope: LimitScope;
  id: string;
  limits: Limits;
  /** Settled micro-dollars of the current day and month, UTC; null when there is no budget. */
  spent: Spent | null;
};

/** What is reserved until settlement. An admission without subjects has nothing to give back. */
export type Admission = {
  subjects: readonly LimitSubject[];
  demand: Demand;
  /** Epoch milliseconds: budgets count a request to the day on which it was accepted. */
  acceptedTime: number;
  /** The tightest of each rate over the subjects, after this request; null where no subject has that limit. */
  requests: RateStatus | null;
  tokens: RateStatus | null;
};

export type AdmissionOutcome =
  | { kind: "admitted"; admission: Admission }
  | { kind: "refused"; scope: LimitScope; limit: LimitName; allowed: number; retryAfterMs: number | null }
  | { kind: "unavailable"; reason: string };

/** Counters of limited subjects, in shared memory or in Redis. */
export type Counters = {
  /** Takes the demand from every subject's limits, or from none. */
  admit(
    subjects: readonly LimitSubject[],
    demand: Demand,
    acceptedTime: number,
  ): AdmissionOutcome | Promise<AdmissionOutcome>;
  /** Replaces the reservation by what was taken. Must be called once for each admission. */
  settle(admission: Admission, actual: Demand): void;
};

/** The admission of a request that no limit concerns. */
export function unlimitedAdmission(acceptedTime: number): Admission {
  return { subjects: [], demand: { tokens: 0, costMicros: 0 }, acceptedTime, requests: null, tokens: null };
}

/** The one that leaves less, of two statuses of the same rate. */
export function tighter(left: RateStatus | null, right: RateStatus | null): RateStatus | null {
  if (left === null || right === null) return left ?? right;
  return left.remaining <= right.remaining ? left : right;
}
