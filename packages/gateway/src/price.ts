import type { ModelPrice, Usage } from "@perpetuo/contracts/usage";

/**
 * Cost of a usage in micro-dollars, rounded up to a whole one so that no paid call is free.
 * Cached input is billed at its own rate where there is one, and never twice. Null price: the cost is unknown, not zero.
 */
export function costMicros(usage: Usage, price: ModelPrice | null): number | null {
  if (price === null) return null;
  const cached = Math.min(usage.cached_input_tokens, usage.input_tokens);
  const cachedRate = price.cached_input_micros_per_million ?? price.input_micros_per_million;
  const total =
    (usage.input_tokens - cached) * price.input_micros_per_million +
    cached * cachedRate +
    usage.output_tokens * price.output_micros_per_million;
  return Math.ceil(total / 1_000_000);
}

/** A token count as a provider reported it: a whole number from 0 to 2^31, or 0 for anything else. */
export function saneTokenCount(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || value > 2_147_483_647)
    return 0;
  return value;
}

/**
 * Estimated tokens of a request's text: bytes divided by three, rounded up. It errs upwards for English (about four
 * bytes a token) and holds for most other languages, so that a reservation is seldom short.
 */
export function estimateInputTokens(textBytes: number): number {
  return Math.ceil(textBytes / 3);
}
