import type { ProviderAdapter } from "../../adapter.ts";
import { adviceForStatus, parseRetryAfter, type UpstreamFailure } from "../../failure.ts";

const longestMessage = 500;

/** Reads OpenAI's error envelope, `{"error":{"message","type","param","code"}}`, where the body has one. */
export const classifyError: ProviderAdapter["classifyError"] = ({
  status,
  headers,
  body,
}): UpstreamFailure => ({
  ...adviceForStatus(status),
  status,
  message: errorMessage(body.toString("utf8")) ?? `the provider answered ${status}`,
  retryAfterSeconds: parseRetryAfter(headers),
});

/** The message of an OpenAI-shaped error text; null when the text is anything else. */
export function errorMessage(text: string): string | null {
  try {
    const parsed = JSON.parse(text) as { error?: { message?: unknown } | string | null } | null;
    const error = parsed?.error;
    const message = typeof error === "string" ? error : error?.message;
    return typeof message === "string" ? message.slice(0, longestMessage) : null;
  } catch {
    return null;
  }
}
