import type { ModelPrice, TokenRates, Usage } from "@perpetuo/contracts/usage";

/**
 * Cost of one call's usage in micro-dollars, rounded up to a whole one so that no paid call is free. Every token is billed once, at
 * the rate of its kind; a request's input decides the tier of all of it. Null, which is not zero: the price or a rate that is needed
 * is not known.
 */
export function costMicros(usage: Usage, price: ModelPrice | null): number | null {
  if (price === null) return null;
  const rates = ratesFor(usage.input_tokens, price);
  const total = inputCost(usage, rates) + outputCost(usage, rates);
  return Number.isNaN(total) ? null : Math.ceil(total / 1_000_000);
}

/** Kinds overlap where a provider counts badly: what one has taken is not there for the next. */
function inputCost(usage: Usage, rates: TokenRates): number {
  const { input_tokens: input } = usage;
  const cached = Math.min(usage.cached_input_tokens, input);
  const written = Math.min(usage.cache_write_tokens ?? 0, input - cached);
  const writtenForAnHour = Math.min(usage.cache_write_1h_tokens ?? 0, written);
  const heard = Math.min(usage.input_audio_tokens ?? 0, input - cached - written);
  return (
    (input - cached - written - heard) * rates.input_micros_per_million +
    share(cached, rates.cached_input_micros_per_million) +
    share(written - writtenForAnHour, rates.cache_write_micros_per_million) +
    share(writtenForAnHour, rates.cache_write_1h_micros_per_million) +
    share(heard, rates.input_audio_micros_per_million)
  );
}

function outputCost(usage: Usage, rates: TokenRates): number {
  const { output_tokens: output } = usage;
  const reasoning = Math.min(usage.reasoning_tokens, output);
  const spoken = Math.min(usage.output_audio_tokens ?? 0, output - reasoning);
  return (
    (output - reasoning - spoken) * rates.output_micros_per_million +
    reasoning * (rates.reasoning_micros_per_million ?? rates.output_micros_per_million) +
    share(spoken, rates.output_audio_micros_per_million)
  );
}

/** Not a number when tokens were used whose rate is unknown. */
function share(tokens: number, rate: number | null | undefined): number {
  return tokens === 0 ? 0 : tokens * (rate ?? Number.NaN);
}

function ratesFor(inputTokens: number, price: ModelPrice): TokenRates {
  let rates: TokenRates = price;
  if (price.tiers === undefined) return rates;
  for (const tier of price.tiers) if (inputTokens > tier.above_input_tokens) rates = tier;
  return rates;
}

/** What two calls took together. */
export function addUsage(left: Usage, right: Usage): Usage {
  return {
    input_tokens: left.input_tokens + right.input_tokens,
    cached_input_tokens: left.cached_input_tokens + right.cached_input_tokens,
    cache_write_tokens: (left.cache_write_tokens ?? 0) + (right.cache_write_tokens ?? 0),
    cache_write_1h_tokens: (left.cache_write_1h_tokens ?? 0) + (right.cache_write_1h_tokens ?? 0),
    input_audio_tokens: (left.input_audio_tokens ?? 0) + (right.input_audio_tokens ?? 0),
    output_tokens: left.output_tokens + right.output_tokens,
    reasoning_tokens: left.reasoning_tokens + right.reasoning_tokens,
    output_audio_tokens: (left.output_audio_tokens ?? 0) + (right.output_audio_tokens ?? 0),
  };
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
