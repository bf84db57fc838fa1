import type { Comparison } from "../compare.ts";
import type { Sample } from "../measure.ts";
import type { Scenario } from "../scenarios.ts";
import { type Spread, spreadOf } from "../statistics.ts";
import type { TargetName } from "../targets/target.ts";

/** The figures of one target in one scenario over all runs. */
export type TargetFigures = {
  target: TargetName;
  cpu_us_per_unit: Spread;
  /** CPU against nginx's in the same round; null for nginx itself, the mock, and without nginx. */
  ratio_to_nginx: Spread | null;
  units_per_second: Spread;
  p50_ms: Spread;
  p99_ms: Spread;
  busy: Spread;
  /** Of all runs: answers with an error status, and connections that failed. */
  errors: number;
};

export type ScenarioFigures = {
  scenario: Scenario["name"];
  targets: TargetFigures[];
};

/** Medians and ranges of one scenario. Throws `RangeError` when it has no runs. */
export function figuresOf(comparison: Comparison, scenario: Scenario["name"]): ScenarioFigures {
  const samples = comparison.samples
    .filter((entry) => entry.scenario === scenario)
    .map(({ sample }) => sample);
  const names = [...new Set(samples.map(({ target }) => target))];
  return {
    scenario,
    targets: names.map((name) => targetFigures(samples, name)),
  };
}

function targetFigures(samples: readonly Sample[], target: TargetName): TargetFigures {
  const own = samples.filter((sample) => sample.target === target);
  const spread = (read: (sample: Sample) => number) => spreadOf(own.map(read));
  return {
    target,
    cpu_us_per_unit: spread((sample) => sample.cpu_us_per_unit),
    ratio_to_nginx: target === "perpetuo" ? ratios(own, samples) : null,
    units_per_second: spread((sample) => sample.units / sample.seconds),
    p50_ms: spread((sample) => sample.p50_ms),
    p99_ms: spread((sample) => sample.p99_ms),
    busy: spread((sample) => sample.busy),
    errors: own.reduce((sum, sample) => sum + sample.status_errors + sample.socket_errors, 0),
  };
}

/** Each run is held against nginx's run of the same round, which the same machine had a moment before. */
function ratios(own: readonly Sample[], samples: readonly Sample[]): Spread | null {
  const baseline = samples.filter(({ target }) => target === "nginx");
  if (baseline.length === 0) return null;
  return spreadOf(
    own.map(
      ({ cpu_us_per_unit }, round) => cpu_us_per_unit / (baseline[round]?.cpu_us_per_unit ?? Number.NaN),
    ),
  );
}
