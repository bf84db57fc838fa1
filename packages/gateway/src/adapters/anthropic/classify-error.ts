import type { ProviderAdapter } from "../../adapter.ts";
import { adviceForStatus, parseRetryAfter, type UpstreamFailure } from "../../failure.ts";

const longestMessage = 500;

/**
 * Reads Anthropic's envelope, `{"type":"error","error":{"type","message"}}`. A `billing_error` says that the account is out of
 * credit, whatever its status. Source: Anthropic API reference, "Errors".
 */
export const classifyError: ProviderAdapter["classifyError"] = ({
  status,
  headers,
  body,
}): UpstreamFailure => {
  const error = readError(body.toString("utf8"));
  const judged = adviceForStatus(status);
  return {
    ...judged,
    advice: error.type === "billing_error" ? "quota" : judged.advice,
    status,
    message:
      typeof error.message === "string"
        ? error.message.slice(0, longestMessage)
        : `the provider answered ${status}`,
    retryAfterSeconds: parseRetryAfter(headers),
  };
};

function readError(text: string): { type?: unknown; message?: unknown } {
  try {
    const parsed = JSON.parse(text) as { error?: unknown } | null;
    return typeof parsed?.error === "object" && parsed.error !== null ? parsed.error : {};
  } catch {
    return {};
  }
}
