/**
 * Tokens of one request, whole numbers.
 * `input_tokens` includes the cached ones and `output_tokens` includes the reasoning ones, as in OpenAI's `usage`,
 * so that a sum over rows never counts a token twice.
 */
export type Usage = {
  input_tokens: number;
  cached_input_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
};

export const noUsage: Usage = Object.freeze({
  input_tokens: 0,
  cached_input_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
});

/** Price of a model, in micro-dollars per million tokens (so $2.50 per million tokens is 2_500_000). */
export type ModelPrice = {
  provider: string;
  model: string;
  input_micros_per_million: number;
  /** Null: cached input is billed as ordinary input. */
  cached_input_micros_per_million: number | null;
  output_micros_per_million: number;
};

/** A model of the catalogue as the data plane knows it: its price, and what bounds a reservation. */
export type PricedModel = ModelPrice & {
  /** The most that the model writes in one answer; null where nobody says. */
  max_output_tokens: number | null;
};
