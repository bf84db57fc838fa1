import type { ModelPrice, Usage } from "@perpetuo/contracts/usage";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { costMicros, estimateInputTokens, saneTokenCount } from "./price.ts";

const price = (overrides: Partial<ModelPrice> = {}): ModelPrice => ({
  provider: "openai",
  model: "gpt",
  input_micros_per_million: 2_500_000,
  cached_input_micros_per_million: 1_250_000,
  output_micros_per_million: 10_000_000,
  ...overrides,
});

const usage = (overrides: Partial<Usage> = {}): Usage => ({
  input_tokens: 0,
  cached_input_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
  ...overrides,
});

describe("costMicros", () => {
  test("no price · null, which is not zero", () => {
    expect(costMicros(usage({ input_tokens: 5 }), null)).toBeNull();
  });

  test("input, cached input and output · each at its own rate, the cached part once", () => {
    const counted = usage({ input_tokens: 1_000_000, cached_input_tokens: 400_000, output_tokens: 100_000 });
    expect(costMicros(counted, price())).toBe(1_500_000 + 500_000 + 1_000_000);
  });

  test("no rate for cached input · it costs what input costs", () => {
    const counted = usage({ input_tokens: 1_000_000, cached_input_tokens: 400_000 });
    expect(costMicros(counted, price({ cached_input_micros_per_million: null }))).toBe(2_500_000);
  });

  test("reasoning tokens · are part of the output and not billed again", () => {
    const counted = usage({ output_tokens: 100, reasoning_tokens: 90 });
    expect(costMicros(counted, price())).toBe(1_000);
  });

  test("a fraction of a micro-dollar · is rounded up", () => {
    expect(costMicros(usage({ input_tokens: 1 }), price())).toBe(3);
    expect(costMicros(usage({ input_tokens: 1 }), price({ input_micros_per_million: 1 }))).toBe(1);
  });

  test("a free model · costs zero", () => {
    const free = price({ input_micros_per_million: 0, output_micros_per_million: 0 });
    expect(costMicros(usage({ input_tokens: 9, output_tokens: 9 }), free)).toBe(0);
  });

  test("more cached tokens than input · never make the cost negative", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.nat(2 ** 31), fc.nat(2 ** 31), (input, cached, output) => {
        const counted = usage({ input_tokens: input, cached_input_tokens: cached, output_tokens: output });
        const cost = costMicros(counted, price());
        expect(Number.isSafeInteger(cost)).toBe(true);
        expect(cost).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("saneTokenCount", () => {
  test.each([
    [0, 0],
    [17, 17],
    [2_147_483_647, 2_147_483_647],
    [2_147_483_648, 0],
    [-5, 0],
    [1.5, 0],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 0],
    ["12", 0],
    [null, 0],
    [undefined, 0],
  ])("%j · %j", (value, count) => {
    expect(saneTokenCount(value)).toBe(count);
  });
});

describe("estimateInputTokens", () => {
  test("bytes · a third, rounded up", () => {
    expect([0, 1, 3, 4].map(estimateInputTokens)).toEqual([0, 1, 1, 2]);
  });
});
