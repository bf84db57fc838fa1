import type { ProviderAdapter } from "../../adapter.ts";
import { adviceForStatus, parseRetryAfter, type UpstreamFailure } from "../../failure.ts";

const longestMessage = 500;

type ErrorBody = { message?: unknown; status?: unknown; details?: unknown };

/**
 * Reads Google's `{"error":{"code","message","status","details"}}`, which may stand in an array. The wait is in the body
 * (`google.rpc.RetryInfo`), and a quota of a day does not come back within minutes. Source: google.rpc.Status, `error_details.proto`.
 */
export const classifyError: ProviderAdapter["classifyError"] = ({
  status,
  headers,
  body,
}): UpstreamFailure => {
  const error = readError(body.toString("utf8"));
  const details = Array.isArray(error.details) ? error.details : [];
  const judged = adviceForStatus(status);
  const isBadKey = status === 400 && JSON.stringify(details).includes("API_KEY_INVALID");
  return {
    ...(isBadKey ? adviceForStatus(401) : judged),
    ...(status === 429 && details.some(isDailyQuota) ? { advice: "quota" as const } : {}),
    status,
    message:
      typeof error.message === "string"
        ? error.message.slice(0, longestMessage)
        : `the provider answered ${status}`,
    retryAfterSeconds: parseRetryAfter(headers) ?? retryDelay(details),
  };
};

function readError(text: string): ErrorBody {
  try {
    const parsed = JSON.parse(text) as unknown;
    const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    const error = typeof first === "object" && first !== null ? (first as { error?: unknown }).error : null;
    return typeof error === "object" && error !== null ? error : {};
  } catch {
    return {};
  }
}

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
