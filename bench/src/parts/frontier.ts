import { type Field, targetsOf } from "../field.ts";
import type { TargetKind } from "../targets/target.ts";
import { arriveAt, countFailures } from "./open-loop.ts";

/** What became of requests that arrived at a constant rate. Times are milliseconds. */
export type FrontierPoint = { rate: number; p50_ms: number; p99_ms: number; failures: number };

export type Frontier = {
  target: string;
  kind: TargetKind;
  points: FrontierPoint[];
  /** The highest rate measured whose p99 stayed within each bound; null: none did. */
  within: { bound_ms: number; rate: number | null }[];
};

export type FrontierPart = {
  frontiers: Frontier[];
  /** The generator's own limit: rates beyond it would measure the generator. */
  highest_rate: number;
};

const bounds = [1, 5, 10, 50];
const shares = [0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1];
const seconds = 3;
/** On the core that it shares with the mock provider, the generator keeps a higher pace no longer. */
const highestRate = 16_000;
/** Far beyond the loosest bound: higher rates can only be worse. */
const hopelessMs = 500;

/** `capacityOf` says what a target takes at most with 64 connections kept busy, in requests a second. */
export async function measureFrontier(
  field: Field,
  capacityOf: (target: string) => number,
): Promise<FrontierPart> {
  field.report("Frontier: which rate a bound on p99 allows");
  const frontiers: Frontier[] = [];
  for (const target of targetsOf(field, "nginx", "perpetuo", "peer")) {
    const points: FrontierPoint[] = [];
    for (const rate of ratesUpTo(capacityOf(target.name))) {
      const { latency_ms, failures } = await arriveAt(field, target, { rate, seconds });
      const point = {
        rate,
        p50_ms: latency_ms?.p50 ?? Number.NaN,
        p99_ms: latency_ms?.p99 ?? Number.NaN,
        failures: countFailures(failures),
      };
      points.push(point);
      field.report(`  ${target.name.padEnd(9)} ${rate} requests/s, p99 ${point.p99_ms.toFixed(2)} ms`);
      if (!(point.p99_ms < hopelessMs)) break;
    }
    frontiers.push({ target: target.name, kind: target.kind, points, within: ratesWithin(points) });
  }
  return { frontiers, highest_rate: highestRate };
}

function ratesUpTo(capacity: number): number[] {
  const rates = shares.map((share) => Math.min(highestRate, Math.max(10, Math.round(capacity * share))));
  return [...new Set(rates)];
}

/** A rate at which requests failed is outside every bound. */
export function ratesWithin(points: readonly FrontierPoint[]): Frontier["within"] {
  return bounds.map((bound_ms) => {
    const rates = points
      .filter(({ p99_ms, failures }) => p99_ms <= bound_ms && failures === 0)
      .map(({ rate }) => rate);
    return { bound_ms, rate: rates.length === 0 ? null : Math.max(...rates) };
  });
}
