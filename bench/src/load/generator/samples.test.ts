import { expect, it } from "vitest";
import { collectSamples } from "./samples.ts";

it("quantiles · the value that so many do not exceed", () => {
  const samples = collectSamples(1_000);
  for (let value = 1_000; value >= 1; value--) samples.add(value);
  expect(samples.quantiles()).toEqual({ count: 1_000, p50: 500, p99: 990, p999: 999, maximum: 1_000 });
});

it("more than there is room for · the first ones", () => {
  const samples = collectSamples(2);
  for (const value of [5, 6, 7]) samples.add(value);
  expect(samples.quantiles()).toMatchObject({ count: 2, maximum: 6 });
});

it("none · no quantiles", () => {
  expect(collectSamples(0).quantiles()).toBeNull();
});
