/** Prints one measured figure on a line of its own, beside the test's name in the run's output. */
export function report(figure: string): void {
  process.stdout.write(`figure: ${figure}\n`);
}

/** The smallest value that at least `share` of the values do not exceed. */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
}

/** Median, p99 and maximum in one phrase. */
export function distribution(values: number[], unit: string): string {
  const round = (value: number): string => value.toFixed(value < 10 ? 2 : 0);
  const [median, high, most] = [percentile(values, 0.5), percentile(values, 0.99), Math.max(...values)];
  return `p50 ${round(median)} ${unit}, p99 ${round(high)} ${unit}, max ${round(most)} ${unit} (n=${values.length})`;
}
