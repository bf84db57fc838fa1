import type { ProviderAdapter } from "../../adapter.ts";
import { adviceForStatus, parseRetryAfter, type UpstreamFailure } from "../../failure.ts";

const longestMessage = 500;

/** Reads OpenAI's error envelope, `{"error":{"message","type","param","code"}}`, where the body has one. */
export const classifyError: ProviderAdapter["classifyError"] = ({
  status,
  headers,
  body,
}): UpstreamFailure => {
  const text = body.toString("utf8");
  const advice = adviceForStatus(status);
  return {
    ...advice,
    advice: status === 429 && isQuotaError(text) ? "quota" : advice.advice,
    status,
    message: errorMessage(text) ?? `the provider answered ${status}`,
    retryAfterSeconds: parseRetryAfter(headers),
  };
};

/** OpenAI's 429 has two meanings: too fast, and the account's credit or spending limit is used up. */
function isQuotaError(text: string): boolean {
  const { code, type } = readError(text);
  return [code, type].some(
    (word) => word === "insufficient_quota" || word === "enforced_spend_limit_reached",
  );
}

/** The message of an OpenAI-shaped error text; null when the text is anything else. */
export function errorMessage(text: string): string | null {
  const { message } = readError(text);
  return typeof message === "string" ? message.slice(0, longestMessage) : null;
}

function readError(text: string): { message?: unknown; code?: unknown; type?: unknown } {
  try {
    const parsed = JSON.parse(text) as { error?: unknown } | null;
    const error = parsed?.error;
    if (typeof error === "string") return { message: error };
    return typeof error === "object" && error !== null ? error : {};
  } catch {
    return {};
  }
}
