import type { Accounts } from "../accounts.ts";
import type { Comparison } from "../compare.ts";
import type { Plan } from "../config.ts";
import type { Machine } from "../machine/describe.ts";
import type { Placement } from "../machine/placement.ts";
import type { Tools } from "../machine/tools.ts";
import type { Results } from "../run-parts.ts";
import { scenarios } from "../scenarios.ts";
import { type Spread, spreadOf } from "../statistics.ts";
import { figuresOf, type ScenarioFigures } from "./figures.ts";

/** How the runs were made; `cores` is null when nothing was pinned. */
export type Method = {
  plan: Plan["name"];
  runs: number;
  run_seconds: number;
  warmup_seconds: number;
  cores: { proxy: number; other: number } | null;
};

export function describeMethod(plan: Plan, placement: Placement): Method {
  return {
    plan: plan.name,
    runs: plan.runs,
    run_seconds: plan.runSeconds,
    warmup_seconds: plan.warmupSeconds,
    cores: placement.kind === "pinned" ? { proxy: placement.proxyCore, other: placement.otherCore } : null,
  };
}

/** The circumstances of a comparison. */
export type Circumstances = {
  /** ISO 8601 in UTC. */
  taken_at: string;
  commit: string | null;
  method: Method;
  machine: Machine;
  tools: Tools;
  /** What the machine lacked, one sentence each. */
  lacks: string[];
};

/** The file in bench/results: every run, and the figures taken from them. */
export type Report = Circumstances & {
  figures: ScenarioFigures[];
  /** CPU that the rest of the system used for each unary request to the gateway, log flush included. */
  rest_of_system_us_per_request: Spread;
  /** What was measured beside the comparison; null for what was not. */
  parts: Omit<Results, "comparison" | "accounts">;
  accounts: Accounts;
  /** What a reader has to know before believing the figures, one sentence each; empty when all went well. */
  reservations: string[];
  samples: Comparison["samples"];
};

/** Beyond this share of the proxy's core in foreign hands, the figures carry a reservation. */
const disturbingShare = 0.05;

export function makeReport(circumstances: Circumstances, results: Results): Report {
  const { comparison, accounts, ...parts } = results;
  const figures = scenarios.map(({ name }) => figuresOf(comparison, name));
  return {
    ...circumstances,
    figures,
    rest_of_system_us_per_request: spreadOf(comparison.rest_of_system_us_per_request),
    parts,
    accounts,
    reservations: [
      ...circumstances.lacks,
      ...describeDisturbance(comparison),
      ...describeErrors(figures),
      ...describeBrokenThresholds(results),
      ...describeAccounts(accounts),
    ],
    samples: comparison.samples,
  };
}

function describeDisturbance({ samples }: Comparison): string[] {
  const worst = Math.max(
    ...samples.map(({ sample }) => (sample.core_taken_by_others ?? 0) + (sample.core_stolen ?? 0)),
  );
  if (worst <= disturbingShare) return [];
  const percent = Math.round(worst * 100);
  return [
    `The machine was not idle: in the worst run other programs had ${percent} % of the proxy's core. Rates and latencies are low, CPU times less so.`,
  ];
}

function describeErrors(figures: readonly ScenarioFigures[]): string[] {
  return figures.flatMap(({ scenario, targets }) =>
    targets
      .filter(({ errors }) => errors > 0)
      .map(({ name, errors }) => `${name} failed ${errors} requests in the ${scenario} runs.`),
  );
}

function describeBrokenThresholds({ k6 }: Results): string[] {
  return (k6?.runs ?? [])
    .filter(({ passed }) => !passed)
    .map(({ script, thresholds }) => {
      const broken = thresholds.filter(({ held }) => !held).map(({ metric, rule }) => `${metric} ${rule}`);
      return `k6's ${script} broke ${broken.join(" and ")}.`;
    });
}

function describeAccounts({ verdict }: Accounts): string[] {
  return verdict === "balanced" ? [] : ["The accounts do not balance."];
}
