import type { ModelPrice, Usage } from "@perpetuo/contracts/usage";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addUsage, costMicros, estimateInputTokens, saneTokenCount } from "./price.ts";

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

  test("every kind of token · at its own rate, and nothing twice", () => {
    const counted = usage({
      input_tokens: 1_000_000,
      cached_input_tokens: 100_000,
      cache_write_tokens: 300_000,
      cache_write_1h_tokens: 200_000,
      input_audio_tokens: 50_000,
      output_tokens: 1_000_000,
      reasoning_tokens: 600_000,
      output_audio_tokens: 100_000,
    });
    const rated = price({
      cached_input_micros_per_million: 10,
      cache_write_micros_per_million: 20,
      cache_write_1h_micros_per_million: 30,
      input_audio_micros_per_million: 40,
      reasoning_micros_per_million: 50,
      output_audio_micros_per_million: 60,
    });
    const input = 550_000 * 2.5 + 0.1 * 10 + 0.1 * 20 + 0.2 * 30 + 0.05 * 40;
    const output = 300_000 * 10 + 0.6 * 50 + 0.1 * 60;
    expect(costMicros(counted, rated)).toBe(Math.ceil(input + output));
  });

  test.each<[kind: string, counted: Partial<Usage>, rate: keyof ModelPrice]>([
    ["cached input", { cached_input_tokens: 1 }, "cached_input_micros_per_million"],
    ["cache writes", { cache_write_tokens: 1 }, "cache_write_micros_per_million"],
    [
      "cache writes for an hour",
      { cache_write_tokens: 1, cache_write_1h_tokens: 1 },
      "cache_write_1h_micros_per_million",
    ],
    ["audio input", { input_audio_tokens: 1 }, "input_audio_micros_per_million"],
    ["audio output", { output_audio_tokens: 1 }, "output_audio_micros_per_million"],
  ])("%s without a rate · the cost is unknown, and only then", (...[, counted, rate]) => {
    const taken = usage({ input_tokens: 10, output_tokens: 10, ...counted });
    expect(costMicros(taken, price({ [rate]: null }))).toBeNull();
    expect(costMicros(taken, price({ [rate]: 1_000_000 }))).not.toBeNull();
    expect(costMicros(usage({ input_tokens: 10, output_tokens: 10 }), price({ [rate]: null }))).toBe(125);
  });

  test("reasoning without a rate · is output, and not billed again", () => {
    const counted = usage({ output_tokens: 100, reasoning_tokens: 90 });
    expect(costMicros(counted, price())).toBe(1_000);
    expect(costMicros(counted, price({ reasoning_micros_per_million: 20_000_000 }))).toBe(1_900);
  });

  test("tiers · the input's length decides the rates of all of it, from the first token above a threshold", () => {
    const tier = (above_input_tokens: number, rate: number) => ({
      above_input_tokens,
      input_micros_per_million: rate,
      cached_input_micros_per_million: 0,
      output_micros_per_million: rate,
    });
    const tiered = price({ tiers: [tier(100, 1_000_000), tier(200, 2_000_000)] });
    const costOf = (input_tokens: number) => costMicros(usage({ input_tokens, output_tokens: 8 }), tiered);
    expect([100, 101, 200, 201].map(costOf)).toEqual([330, 109, 208, 418]);
    expect(costMicros(usage({ input_tokens: 201, cached_input_tokens: 200, output_tokens: 8 }), tiered)).toBe(
      18,
    );
  });

  test("a fraction of a micro-dollar · is rounded up", () => {
    expect(costMicros(usage({ input_tokens: 1 }), price())).toBe(3);
    expect(costMicros(usage({ input_tokens: 1 }), price({ input_micros_per_million: 1 }))).toBe(1);
  });

  test("a free model · costs zero", () => {
    const free = price({ input_micros_per_million: 0, output_micros_per_million: 0 });
    expect(costMicros(usage({ input_tokens: 9, output_tokens: 9 }), free)).toBe(0);
  });

  const count = fc.nat(2 ** 31 - 1);
  const counts = fc.record({
    input_tokens: count,
    cached_input_tokens: count,
    cache_write_tokens: count,
    cache_write_1h_tokens: count,
    input_audio_tokens: count,
    output_tokens: count,
    reasoning_tokens: count,
    output_audio_tokens: count,
  });
  const rates = (rate: number) => ({
    input_micros_per_million: rate,
    cached_input_micros_per_million: rate,
    cache_write_micros_per_million: rate,
    cache_write_1h_micros_per_million: rate,
    input_audio_micros_per_million: rate,
    output_micros_per_million: rate,
    reasoning_micros_per_million: rate,
    output_audio_micros_per_million: rate,
  });

  test("one rate for all kinds · the cost is that of input and output, however the kinds overlap", () => {
    fc.assert(
      fc.property(counts, (counted) => {
        const tokens = counted.input_tokens + counted.output_tokens;
        expect(costMicros(counted, price(rates(1_000_000)))).toBe(tokens);
      }),
    );
  });

  test("cheaper kinds · never make the cost negative, nor higher than without them", () => {
    fc.assert(
      fc.property(counts, (counted) => {
        const cheaper = price({
          ...rates(1),
          input_micros_per_million: 2_500_000,
          output_micros_per_million: 10_000_000,
        });
        const plain = usage({ input_tokens: counted.input_tokens, output_tokens: counted.output_tokens });
        const cost = costMicros(counted, cheaper) ?? -1;
        expect(Number.isSafeInteger(cost)).toBe(true);
        expect(cost).toBeGreaterThanOrEqual(0);
        expect(cost).toBeLessThanOrEqual(costMicros(plain, cheaper) ?? -1);
      }),
    );
  });

  test("more of one kind · never costs less, where no kind is cheaper than nothing", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(1_000_000), fc.nat(1_000_000), (input, output, more) => {
        const base = usage({ input_tokens: input, output_tokens: output });
        const longer = usage({ input_tokens: input + more, output_tokens: output + more });
        expect(costMicros(longer, price())).toBeGreaterThanOrEqual(costMicros(base, price()) ?? 0);
      }),
    );
  });
});

describe("addUsage", () => {
  test("two calls · kind by kind", () => {
    const left = usage({ input_tokens: 1, cached_input_tokens: 2, output_tokens: 3, reasoning_tokens: 4 });
    const right = usage({
      input_tokens: 10,
      cache_write_tokens: 5,
      cache_write_1h_tokens: 6,
      output_audio_tokens: 7,
    });
    expect(addUsage(left, right)).toEqual({
      input_tokens: 11,
      cached_input_tokens: 2,
      cache_write_tokens: 5,
      cache_write_1h_tokens: 6,
      input_audio_tokens: 0,
      output_tokens: 3,
      reasoning_tokens: 4,
      output_audio_tokens: 7,
    });
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
