import type { ErrorCode } from "@perpetuo/contracts/errors";
import type { CallOutcome } from "./breaker.ts";

/**
 * What to do after a failed attempt.
 * `next-target`: another target may succeed, and so may this one later.
 * `other-target`: another target may succeed; this one would not, or would take too long to find out.
 * `return`: the request itself is at fault, every target would refuse it.
 * `credential`: the provider key is bad; try another one and tell its owner.
 * `quota`: the provider key's account has spent its allowance; try another key, and leave this one alone.
 */
export type FailureAdvice = "next-target" | "other-target" | "return" | "credential" | "quota";

/** An answer of the upstream that is not a success, or no answer at all. */
export type UpstreamFailure = {
  code: ErrorCode;
  advice: FailureAdvice;
  /** HTTP status of the upstream; null when it gave no answer. */
  status: number | null;
  /** Upstream's own words, for the log and for telling the owner of the provider key; at most 500 characters. */
  message: string;
  /** Seconds that the upstream asked to wait; null when it did not. */
  retryAfterSeconds: number | null;
};

/** Statuses that another target, or the same one later, may not repeat (spec: data plane, "Routing"). */
const retryableStatuses = new Set([408, 409, 429, 500, 502, 503, 504, 529]);

/** Judges a status line alone; adapters refine it by what their provider's body says. */
export function adviceForStatus(status: number): { code: ErrorCode; advice: FailureAdvice } {
  if (status === 401 || status === 403) return { code: "upstream_auth", advice: "credential" };
  if (status >= 300 && status < 400) return { code: "upstream_redirect", advice: "other-target" };
  if (retryableStatuses.has(status)) return { code: "upstream_error", advice: "next-target" };
  if (status >= 400 && status < 500) return { code: "upstream_error", advice: "return" };
  return { code: "upstream_error", advice: "other-target" };
}

/** `x-should-retry: false` is the upstream's own word that this request fails there again. */
export function obeyRetryHeader(
  failure: UpstreamFailure,
  headers: Record<string, string | string[] | undefined>,
): UpstreamFailure {
  const isHopeless = headers["x-should-retry"] === "false" && failure.advice === "next-target";
  return isHopeless ? { ...failure, advice: "other-target" } : failure;
}

/** What is broken in the answer or on the way to it, and not in the request or in what the caller may ask. */
const targetCodes = new Set<ErrorCode>([
  "upstream_unreachable",
  "upstream_timeout",
  "upstream_invalid_response",
]);

/**
 * What a failed call says about its target's health. An upstream that refuses a request is alive; one that throttles,
 * or that refuses the credential, is told apart by other means.
 */
export function outcomeOfFailure({ code, status }: UpstreamFailure): CallOutcome {
  if (targetCodes.has(code)) return "failure";
  if (code !== "upstream_error" || status === null) return "neutral";
  // An error that stands first in a stream comes with a 200.
  if (status >= 500 || status < 300) return "failure";
  return status === 408 || status === 409 || status === 429 ? "neutral" : "success";
}

/**
 * Seconds of a `retry-after-ms` or `retry-after` header (RFC 9110, 10.2.3, the delay form; the date form depends on
 * the peer's clock and is ignored). Null when absent, malformed or negative.
 */
export function parseRetryAfter(headers: Record<string, string | string[] | undefined>): number | null {
  const milliseconds = singleNumber(headers["retry-after-ms"]);
  if (milliseconds !== null) return milliseconds / 1_000;
  return singleNumber(headers["retry-after"]);
}

function singleNumber(value: string | string[] | undefined): number | null {
  if (typeof value !== "string" || !/^\d{1,9}(\.\d{1,3})?$/.test(value.trim())) return null;
  return Number(value);
}
