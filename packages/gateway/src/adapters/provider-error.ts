import type { ProviderAdapter } from "../adapter.ts";
import { adviceForStatus, parseRetryAfter, type UpstreamFailure } from "../failure.ts";

const longestMessage = 500;

/** The `error` object of a provider's error text, which may stand in an array; empty when there is none. */
export function errorObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    const error = typeof first === "object" && first !== null ? (first as { error?: unknown }).error : null;
    if (typeof error === "string") return { message: error };
    return typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The provider's words, at most 500 characters of them; null when they are none. */
export function providerMessage(message: unknown): string | null {
  return typeof message === "string" ? message.slice(0, longestMessage) : null;
}

/** What the status line, the headers and the provider's message say of a refusal, before anything that only one provider says. */
export function describeFailure(
  { status, headers }: Omit<Parameters<ProviderAdapter["classifyError"]>[0], "body">,
  message: unknown,
): UpstreamFailure {
  return {
    ...adviceForStatus(status),
    status,
    message: providerMessage(message) ?? `the provider answered ${status}`,
    retryAfterSeconds: parseRetryAfter(headers),
  };
}
