/** A figure over several runs: what is quoted, and between which values it lay. */
export type Spread = { median: number; minimum: number; maximum: number };

/**
 * Median and range of at least one value.
 * @throws {RangeError} when there is none.
 */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right);
  const minimum = sorted.at(0);
  const maximum = sorted.at(-1);
  if (minimum === undefined || maximum === undefined)
    throw new RangeError("There is no run to take figures from.");
  const upper = sorted[Math.floor(sorted.length / 2)] ?? maximum;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? minimum;
  return { median: (lower + upper) / 2, minimum, maximum };
}

/** The middle of at least one value. Throws `RangeError` when there is none. */
export function median(values: readonly number[]): number {
  return spreadOf(values).median;
}
