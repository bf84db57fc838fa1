import type { ComparedSample, Comparison } from "../compare.ts";
import type { Scenario } from "../scenarios.ts";
import { type Spread, spreadOf } from "../statistics.ts";
import type { TargetKind } from "../targets/target.ts";

/** The figures of one target in one scenario over all runs. */
export type TargetFigures = {
  name: string;
  kind: TargetKind;
  cpu_us_per_unit: Spread;
  /** CPU against nginx's in the same round; null for nginx itself, the mock, and without nginx. */
  ratio_to_nginx: Spread | null;
  /** Perpetuo's units a second over this target's in the same round; null for all but peers. */
  perpetuo_is_faster: Spread | null;
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
  const samples = comparison.samples.filter((entry) => entry.scenario === scenario);
  const names = [...new Set(samples.map(({ sample }) => sample.target))];
  return {
    scenario,
    targets: names.map((name) => targetFigures(samples, name)),
  };
}

type Read = (entry: ComparedSample) => number;

function targetFigures(samples: readonly ComparedSample[], name: string): TargetFigures {
  const own = samples.filter(({ sample }) => sample.target === name);
  const kind = own[0]?.kind ?? "peer";
  const spread = (read: Read) => spreadOf(own.map(read));
  const of = (other: TargetKind) => samples.filter((entry) => entry.kind === other);
  const gateway = kind === "perpetuo" || kind === "peer";
  return {
    name,
    kind,
    cpu_us_per_unit: spread(({ sample }) => sample.cpu_us_per_unit),
    ratio_to_nginx: gateway ? ratios(own, of("nginx"), ({ sample }) => sample.cpu_us_per_unit) : null,
    perpetuo_is_faster: kind === "peer" ? ratios(of("perpetuo"), own, rateOf) : null,
    units_per_second: spread(rateOf),
    p50_ms: spread(({ sample }) => sample.p50_ms),
    p99_ms: spread(({ sample }) => sample.p99_ms),
    busy: spread(({ sample }) => sample.busy),
    errors: own.reduce((sum, { sample }) => sum + sample.status_errors + sample.socket_errors, 0),
  };
}

function rateOf({ sample }: ComparedSample): number {
  return sample.units / sample.seconds;
}

/** Each run is held against the other's run of the same round, which the same machine had a moment before. */
function ratios(own: readonly ComparedSample[], other: readonly ComparedSample[], read: Read): Spread | null {
  if (other.length === 0) return null;
  return spreadOf(
    own.map((entry, round) => {
      const against = other[round];
      return read(entry) / (against === undefined ? Number.NaN : read(against));
    }),
  );
}
