import type { Quantiles } from "./jobs.ts";

/** Collects measurements; room for all of them is made at the start, so that none of them waits for memory. */
export type Samples = { add: (value: number) => void; quantiles: () => Quantiles | null };

export function collectSamples(room: number): Samples {
  const values = new Float64Array(Math.max(1, Math.ceil(room)));
  let count = 0;
  return {
    add(value) {
      if (count < values.length) values[count++] = value;
    },
    quantiles: () => quantilesOf(values.slice(0, count).sort()),
  };
}

/** Quantiles of sorted values by nearest rank; null without any. */
export function quantilesOf(sorted: Float64Array): Quantiles | null {
  if (sorted.length === 0) return null;
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), p999: at(0.999), maximum: at(1) };
}
