import { modelCapabilities } from "@perpetuo/contracts/usage";
import { describe, expect, test } from "vitest";
import { catalogueFiles, cataloguePrices } from "./catalogue-prices.ts";

const files = catalogueFiles();
const prices = cataloguePrices();
const nameOf = ({ provider, model }: { provider: string; model: string }) => `${provider} ${model}`;

/** Every provider whose models have one list price for all. */
const catalogued = [
  "openai",
  "anthropic",
  "google",
  "cohere",
  "mistral",
  "azure",
  "groq",
  "deepseek",
  "xai",
  "together",
  "fireworks",
  "openrouter",
  "mock",
];

describe("the catalogue's files", () => {
  test("providers · each has one, with models of it", () => {
    expect(files.map(({ provider }) => provider).sort()).toEqual([...catalogued].sort());
    for (const { models } of files) expect(Object.keys(models).length).toBeGreaterThan(3);
  });

  test.each(files)(
    "$provider · says where and when its prices were read",
    ({ provider, read, valid_from, sources }) => {
      expect(Object.keys(sources)).not.toEqual([]);
      // In force on the day of reading at the latest, or the models of a new installation would have no price.
      expect(Date.parse(valid_from)).toBeLessThanOrEqual(Date.parse(read));
      for (const price of prices.filter((price) => price.provider === provider)) {
        expect(price.source).toContain(`read ${read}`);
        expect(Date.parse(price.valid_from)).toBeLessThanOrEqual(Date.parse(read));
      }
    },
  );

  test("models · none is there twice, and all prices are whole micro-dollars", () => {
    const names = prices.map(nameOf);
    expect(new Set(names).size).toBe(names.length);
    for (const price of prices) {
      for (const card of [price, ...price.tiers]) {
        const rates = Object.entries(card).filter(([name]) => name.endsWith("_micros_per_million"));
        expect(rates.length).toBe(8);
        for (const [, rate] of rates) expect(rate === null || Number.isSafeInteger(rate)).toBe(true);
      }
    }
  });
});

describe("every model of the catalogue", () => {
  test.each(prices.map((price) => ({ name: nameOf(price), price })))("$name · is plausible", ({ price }) => {
    const { input_micros_per_million: input, output_micros_per_million: output } = price;
    const cached = price.cached_input_micros_per_million ?? 0;
    // Nothing costs more than $200 a million tokens, and cached input never more than other input.
    expect(Math.max(input, output)).toBeLessThanOrEqual(200_000_000);
    expect(cached).toBeLessThanOrEqual(input);
    const written = price.cache_write_micros_per_million ?? input;
    const writtenForAnHour = price.cache_write_1h_micros_per_million ?? written;
    expect(written).toBeGreaterThanOrEqual(input);
    expect(writtenForAnHour).toBeGreaterThanOrEqual(written);
    expect(price.capabilities.every((name) => modelCapabilities.includes(name))).toBe(true);
    expect(price.context_tokens ?? 1).toBeGreaterThan(0);
    const isEmbedding = price.capabilities.includes("embeddings");
    expect(isEmbedding ? [output, price.max_output_tokens] : [0, null]).toEqual([0, null]);
  });

  test.each(prices.filter(({ tiers }) => tiers.length > 0).map((price) => ({ name: nameOf(price), price })))(
    "$name · its tiers rise, and each has every rate that the first one has",
    ({ price }) => {
      let below: { above: number; card: typeof price | (typeof price.tiers)[number] } = {
        above: 0,
        card: price,
      };
      for (const tier of price.tiers) {
        expect(tier.above_input_tokens).toBeGreaterThan(below.above);
        expect(tier.above_input_tokens).toBeLessThan(price.context_tokens ?? Number.POSITIVE_INFINITY);
        for (const name of ["input_micros_per_million", "output_micros_per_million"] as const) {
          expect(tier[name]).toBeGreaterThanOrEqual(below.card[name]);
        }
        for (const name of ["cached_input_micros_per_million", "cache_write_micros_per_million"] as const) {
          expect(typeof tier[name]).toBe(typeof price[name]);
        }
        below = { above: tier.above_input_tokens, card: tier };
      }
    },
  );

  test.each([
    ["openai", "gpt-6.1-sol", [2_000_000, 100_000, 2_500_000, 10_000_000]],
    ["anthropic", "claude-opus-5-5", [4_000_000, 200_000, 5_000_000, 20_000_000]],
    ["google", "gemini-2.5-pro", [1_250_000, 125_000, null, 10_000_000]],
    ["mock", "mock-model", [1_000_000, 500_000, 1_250_000, 4_000_000]],
  ] as const)("%s %s · as its vendor lists it", (provider, model, expected) => {
    const price = prices.find((price) => price.provider === provider && price.model === model);
    expect([
      price?.input_micros_per_million,
      price?.cached_input_micros_per_million,
      price?.cache_write_micros_per_million,
      price?.output_micros_per_million,
    ]).toEqual(expected);
  });
});
