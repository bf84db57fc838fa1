import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { BenchError } from "./bench-error.ts";
import { type Block, showSpread } from "./report/blocks.ts";
import type { ScenarioFigures } from "./report/figures.ts";
import type { Report } from "./report/report.ts";
import type { Spread } from "./statistics.ts";

const file = path.resolve(import.meta.dirname, "../baseline.json");
const scenarioUnits = { unary: "request", streaming: "chunk" } as const;

/** What is kept of a quick run, to hold later ones against. */
export type Baseline = {
  taken_at: string;
  commit: string | null;
  processor: string;
  node: string;
  scenarios: {
    scenario: ScenarioFigures["scenario"];
    cpu_us_per_unit: Spread;
    /** Null when there was no nginx. */
    ratio_to_nginx: Spread | null;
  }[];
};

export type Change = {
  scenario: ScenarioFigures["scenario"];
  /** The ratio to nginx, which hardly depends on the machine, or CPU time where one of the two runs had no nginx. */
  measure: "ratio to nginx" | "CPU µs";
  before: Spread;
  now: Spread;
  /** Of the medians: 0.1 is a tenth more. */
  change: number;
  verdict: "worse" | "better" | "within the noise";
};

/** A change of the median beyond this is one, if the ranges of the runs do not overlap either. */
export const leastChange = 0.08;

export function makeBaseline({ taken_at, commit, machine, figures }: Report): Baseline {
  return {
    taken_at,
    commit,
    processor: machine.processor,
    node: machine.node,
    scenarios: figures.map(({ scenario, targets }) => {
      const own = targets.find(({ kind }) => kind === "perpetuo");
      if (own === undefined) throw new BenchError(`Perpetuo was not measured in the ${scenario} runs.`);
      const { cpu_us_per_unit, ratio_to_nginx } = own;
      return { scenario, cpu_us_per_unit, ratio_to_nginx };
    }),
  };
}

/** Holds two runs against each other, scenario by scenario. */
export function compareToBaseline(baseline: Baseline, now: Baseline): Change[] {
  return now.scenarios.flatMap((entry) => {
    const before = baseline.scenarios.find(({ scenario }) => scenario === entry.scenario);
    if (before === undefined) return [];
    if (entry.ratio_to_nginx !== null && before.ratio_to_nginx !== null) {
      return [change(entry.scenario, "ratio to nginx", [before.ratio_to_nginx, entry.ratio_to_nginx])];
    }
    return [change(entry.scenario, "CPU µs", [before.cpu_us_per_unit, entry.cpu_us_per_unit])];
  });
}

function change(
  scenario: Change["scenario"],
  measure: Change["measure"],
  [before, now]: [Spread, Spread],
): Change {
  const share = now.median / before.median - 1;
  const overlap = now.minimum <= before.maximum && before.minimum <= now.maximum;
  const noise = overlap || Math.abs(share) <= leastChange;
  const direction = share > 0 ? "worse" : "better";
  return { scenario, measure, before, now, change: share, verdict: noise ? "within the noise" : direction };
}

/** The comparison as a table. */
export function describeChanges(baseline: Baseline, changes: readonly Change[]): Block[] {
  const from = baseline.commit === null ? "" : ` at commit ${baseline.commit}`;
  return [
    { kind: "heading", text: "Against the baseline" },
    {
      kind: "text",
      text: `The baseline was taken on ${baseline.taken_at.slice(0, 10)}${from}, on ${baseline.processor} with Node ${baseline.node}. A change counts when the ranges of the runs do not overlap and the medians differ by more than ${leastChange * 100} %.`,
    },
    {
      kind: "table",
      head: ["scenario", "measure", "baseline", "now", "change", "verdict"],
      rows: changes.map((entry) => [
        `${entry.scenario}, for each ${scenarioUnits[entry.scenario]}`,
        entry.measure,
        showSpread(entry.before, 2),
        showSpread(entry.now, 2),
        `${entry.change >= 0 ? "+" : "−"}${Math.abs(entry.change * 100).toFixed(1)} %`,
        entry.verdict === "worse" ? "**worse**" : entry.verdict,
      ]),
    },
  ];
}

/** Throws `BenchError` when there is none yet. */
export function readBaseline(): Baseline {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Baseline;
  } catch (error) {
    throw new BenchError("There is no bench/baseline.json yet: npm run bench -- --write-baseline makes it.", {
      cause: error,
    });
  }
}

export function writeBaseline(baseline: Baseline): void {
  writeFileSync(file, `${JSON.stringify(baseline, null, 2)}\n`);
}
