/**
 * Tokens of one request, whole numbers.
 * `input_tokens` includes all other kinds of input and `output_tokens` all kinds of output, as in OpenAI's `usage`, so that a sum over
 * rows never counts a token twice. A kind that is absent has none.
 */
export type Usage = {
  input_tokens: number;
  /** Read from the provider's prompt cache. */
  cached_input_tokens: number;
  /** Written to the provider's prompt cache, for however long. */
  cache_write_tokens?: number;
  /** The part of `cache_write_tokens` that is kept for an hour. */
  cache_write_1h_tokens?: number;
  input_audio_tokens?: number;
  output_tokens: number;
  reasoning_tokens: number;
  output_audio_tokens?: number;
};

export const noUsage: Usage = Object.freeze({
  input_tokens: 0,
  cached_input_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
});

/**
 * What a model's tokens cost, in micro-dollars per million (so $2.50 per million tokens is 2_500_000). Reasoning without a rate is
 * billed as output; for every other kind of token a rate that is absent or null is unknown, and so is the cost.
 */
export type TokenRates = {
  input_micros_per_million: number;
  cached_input_micros_per_million?: number | null;
  cache_write_micros_per_million?: number | null;
  /** Of what is written to be kept for an hour. */
  cache_write_1h_micros_per_million?: number | null;
  input_audio_micros_per_million?: number | null;
  output_micros_per_million: number;
  reasoning_micros_per_million?: number | null;
  output_audio_micros_per_million?: number | null;
};

/** The rates of a whole request whose input exceeds `above_input_tokens`. */
export type PriceTier = TokenRates & { above_input_tokens: number };

/** Price of a model. Tiers are in order of their thresholds, which strictly increase. */
export type ModelPrice = TokenRates & { provider: string; model: string; tiers?: PriceTier[] };

/** A model of the catalogue as the data plane knows it: its price, what bounds a reservation, and what it can. */
export type PricedModel = ModelPrice & {
  /** The most that the model writes in one answer; null or absent where nobody says. */
  max_output_tokens?: number | null;
  capabilities?: ModelCapability[];
};

/**
 * What a model can do, as far as the catalogue knows. `fixed-sampling`: it refuses `temperature` and `top_p` other than their
 * defaults.
 */
export const modelCapabilities = [
  "chat",
  "completions",
  "embeddings",
  "tools",
  "parallel-tools",
  "images",
  "documents",
  "audio-input",
  "audio-output",
  "structured-output",
  "reasoning",
  "prompt-caching",
  "fixed-sampling",
] as const;
export type ModelCapability = (typeof modelCapabilities)[number];
