import type { RateStatus } from "@perpetuo/gateway/limits";
import type { Admission } from "./counters.ts";
import type { Header } from "./exchange.ts";

/**
 * What is left of the tightest limits, twice: OpenAI's `x-ratelimit-*`, which clients of OpenAI read, and the IETF's
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers). Nothing for a caller without limits.
 */
export function limitHeaders({ requests, tokens }: Pick<Admission, "requests" | "tokens">): Header[] {
  const headers: Header[] = [];
  const policies: string[] = [];
  const states: string[] = [];
  const add = (unit: "requests" | "tokens", status: RateStatus | null) => {
    if (status === null) return;
    headers.push(
      [`x-ratelimit-limit-${unit}`, String(status.limit)],
      [`x-ratelimit-remaining-${unit}`, String(status.remaining)],
      [`x-ratelimit-reset-${unit}`, formatDuration(status.resetMs)],
    );
    policies.push(`"${unit}";q=${status.limit};w=60`);
    states.push(`"${unit}";r=${status.remaining};t=${Math.ceil(status.resetMs / 1_000)}`);
  };
  add("requests", requests);
  add("tokens", tokens);
  if (policies.length > 0)
    headers.push(["ratelimit-policy", policies.join(", ")], ["ratelimit", states.join(", ")]);
  return headers;
}

/** OpenAI's form of a duration: `120ms`, `1.2s`, `6m0s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.ceil(milliseconds)}ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return `${Math.ceil(seconds * 1_000) / 1_000}s`;
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}m${whole % 60}s`;
}
