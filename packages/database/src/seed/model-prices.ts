/** A row of the seeded catalogue. Prices are micro-dollars per million tokens. */
export type CataloguePrice = {
  provider: string;
  model: string;
  input_micros_per_million: number;
  /** Null: cached input costs what other input costs. */
  cached_input_micros_per_million: number | null;
  output_micros_per_million: number;
  /** Tokens of input and output together; null where the vendor states none. */
  context_tokens: number | null;
  max_output_tokens: number | null;
  source: string;
  /** ISO 8601 date from which the price is in force. */
  valid_from: string;
};

type Price = {
  input: number;
  cached: number | null;
  output: number;
  context: number;
  maxOutput: number | null;
};

/** The vendor's list, standard tier, as of the date below. Dollars per million tokens. */
const openAi: Record<string, Price> = {
  "gpt-3.5-turbo": { input: 0.5, cached: null, output: 1.5, context: 16_385, maxOutput: 4096 },
  "gpt-4": { input: 30, cached: null, output: 60, context: 8192, maxOutput: 8192 },
  "gpt-4-turbo": { input: 10, cached: null, output: 30, context: 128_000, maxOutput: 4096 },
  "gpt-4o": { input: 2.5, cached: 1.25, output: 10, context: 128_000, maxOutput: 16_384 },
  "gpt-4o-mini": { input: 0.15, cached: 0.075, output: 0.6, context: 128_000, maxOutput: 16_384 },
  "gpt-4.1": { input: 2, cached: 0.5, output: 8, context: 1_047_576, maxOutput: 32_768 },
  "gpt-4.1-mini": { input: 0.4, cached: 0.1, output: 1.6, context: 1_047_576, maxOutput: 32_768 },
  "gpt-4.1-nano": { input: 0.1, cached: 0.025, output: 0.4, context: 1_047_576, maxOutput: 32_768 },
  "gpt-5": { input: 1.25, cached: 0.125, output: 10, context: 400_000, maxOutput: 128_000 },
  "gpt-5-mini": { input: 0.25, cached: 0.025, output: 2, context: 400_000, maxOutput: 128_000 },
  "gpt-5-nano": { input: 0.05, cached: 0.005, output: 0.4, context: 400_000, maxOutput: 128_000 },
  "gpt-5-chat-latest": { input: 1.25, cached: 0.125, output: 10, context: 128_000, maxOutput: 16_384 },
  o1: { input: 15, cached: 7.5, output: 60, context: 200_000, maxOutput: 100_000 },
  o3: { input: 2, cached: 0.5, output: 8, context: 200_000, maxOutput: 100_000 },
  "o3-mini": { input: 1.1, cached: 0.55, output: 4.4, context: 200_000, maxOutput: 100_000 },
  "o4-mini": { input: 1.1, cached: 0.275, output: 4.4, context: 200_000, maxOutput: 100_000 },
  "text-embedding-3-large": { input: 0.13, cached: null, output: 0, context: 8191, maxOutput: null },
  "text-embedding-3-small": { input: 0.02, cached: null, output: 0, context: 8191, maxOutput: null },
  "text-embedding-ada-002": { input: 0.1, cached: null, output: 0, context: 8191, maxOutput: null },
};

/** The built-in mock provider has prices so that costs, budgets and charts can be tried without a vendor. */
const mockPrice: Price = { input: 1, cached: 0.5, output: 4, context: 128_000, maxOutput: 16_384 };
const mock: Record<string, Price> = {
  "mock-model": mockPrice,
  "mock-fast": { ...mockPrice, input: 0.1, cached: 0.05, output: 0.4 },
  "mock-demo": mockPrice,
  "mock-slow": mockPrice,
  "mock-tools": mockPrice,
  "mock-error": mockPrice,
  "mock-rate-limited": mockPrice,
  "mock-cut": mockPrice,
};

function rows(
  provider: string,
  prices: Record<string, Price>,
  origin: { source: string; validFrom: string },
) {
  return Object.entries(prices).map(
    ([model, price]): CataloguePrice => ({
      provider,
      model,
      input_micros_per_million: micros(price.input),
      cached_input_micros_per_million: price.cached === null ? null : micros(price.cached),
      output_micros_per_million: micros(price.output),
      context_tokens: price.context,
      max_output_tokens: price.maxOutput,
      source: origin.source,
      valid_from: origin.validFrom,
    }),
  );
}

/** Rounding undoes the binary fraction of a decimal price: 0.1 × 1,000,000 must be a whole number. */
const micros = (dollars: number) => Math.round(dollars * 1_000_000);

/** Every seeded price, see `seed-model-prices.ts`. */
export const cataloguePrices: readonly CataloguePrice[] = [
  ...rows("openai", openAi, {
    source: "OpenAI's API price list (openai.com/api/pricing), standard tier, as of 2025-11-01",
    validFrom: "2025-11-01T00:00:00Z",
  }),
  ...rows("mock", mock, { source: "Invented for the mock provider", validFrom: "2025-11-01T00:00:00Z" }),
];
