import type { ProviderAdapter } from "../../adapter.ts";
import { adviceForStatus, type UpstreamFailure } from "../../failure.ts";
import { describeFailure, errorObject } from "../provider-error.ts";

/**
 * Reads Google's `{"error":{"code","message","status","details"}}`, which may stand in an array. The wait is in the body
 * (`google.rpc.RetryInfo`), and a quota of a day does not come back within minutes. Source: google.rpc.Status, `error_details.proto`.
 */
export const classifyError: ProviderAdapter["classifyError"] = ({ body, ...answer }): UpstreamFailure => {
  const { message, details: listed } = errorObject(body.toString("utf8"));
  const details: unknown[] = Array.isArray(listed) ? listed : [];
  const failure = describeFailure(answer, message);
  const retryAfterSeconds = failure.retryAfterSeconds ?? retryDelay(details);
  if (answer.status === 429 && details.some(isDailyQuota))
    return { ...failure, retryAfterSeconds, advice: "quota" };
  const isBadKey = answer.status === 400 && JSON.stringify(details).includes("API_KEY_INVALID");
  return { ...failure, retryAfterSeconds, ...(isBadKey ? adviceForStatus(401) : {}) };
};

/** Seconds of a `retryDelay` such as `34.4s`. */
function retryDelay(details: unknown[]): number | null {
  for (const detail of details) {
    const delay = (detail as { retryDelay?: unknown } | null)?.retryDelay;
    const seconds = typeof delay === "string" ? /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(delay)?.[1] : undefined;
    if (seconds !== undefined) return Number(seconds);
  }
  return null;
}

function isDailyQuota(detail: unknown): boolean {
  const violations = (detail as { violations?: unknown } | null)?.violations;
  if (!Array.isArray(violations)) return false;
  return violations.some((one) => {
    const quota = (one as { quotaId?: unknown } | null)?.quotaId;
    return typeof quota === "string" && quota.includes("PerDay");
  });
}
