import type { RequestRow, Sums } from "../harness/request-rows.ts";

/** What the usage counters of a workspace with these rows must say. */
export function sumsOfRows(rows: RequestRow[]): Sums {
  const aborted = rows.filter((row) => row.status_code === 499).length;
  return {
    requests: rows.length,
    errors: rows.filter((row) => row.status_code >= 400).length - aborted,
    aborted,
    input_tokens: total(rows.map((row) => row.input_tokens)),
    output_tokens: total(rows.map((row) => row.output_tokens)),
  };
}

export function total(numbers: number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
