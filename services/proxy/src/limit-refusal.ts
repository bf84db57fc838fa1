import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { LimitName } from "@perpetuo/gateway/limits";
import type { AdmissionOutcome } from "./counters.ts";

const units: Record<LimitName, (allowed: number) => string> = {
  requests_per_minute: (allowed) => `${allowed} requests per minute`,
  tokens_per_minute: (allowed) => `${allowed} tokens per minute`,
  concurrent_requests: (allowed) => `${allowed} requests at a time`,
  budget_daily_micros: (allowed) => `$${(allowed / 1e6).toFixed(2)} a day`,
  budget_monthly_micros: (allowed) => `$${(allowed / 1e6).toFixed(2)} a month`,
};

/** The 429 that names the limit, whose it is, and when a retry makes sense. */
export function limitRefusal(refusal: AdmissionOutcome & { kind: "refused" }): PerpetuoError {
  const { scope, limit, allowed, retryAfterMs } = refusal;
  const owner = scope === "api_key" ? "This API key" : "This workspace";
  const isBudget = limit === "budget_daily_micros" || limit === "budget_monthly_micros";
  const tooLarge = retryAfterMs === null && !isBudget;
  const message = tooLarge
    ? `${owner} is limited to ${units[limit](allowed)}, and this request alone asks for more.`
    : `${owner} has reached its limit of ${units[limit](allowed)}.`;
  return new PerpetuoError(isBudget ? "insufficient_quota" : "rate_limit_exceeded", {
    message,
    ...(retryAfterMs === null ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1_000)) }),
  });
}
