import { type Scenario, scenarios } from "../../scenarios.ts";
import { titleOf } from "../../targets/target.ts";
import { type Block, scaleSpread, showNumber, showSpread } from "../blocks.ts";
import { barChart } from "../charts.ts";
import type { ScenarioFigures, TargetFigures } from "../figures.ts";
import type { Report } from "../report.ts";

/** On what, when and with what the figures were taken. */
export function circumstancesSection({ taken_at, commit, method, machine, tools }: Report): Block[] {
  const nginx = tools.nginx === null ? "without nginx" : `nginx ${tools.nginx}`;
  const k6 = tools.k6 === null ? "" : `, k6 ${tools.k6}`;
  const pinning =
    method.cores === null
      ? "**unpinned**"
      : `pinned: proxy, nginx and peers on core ${method.cores.proxy}, everything else on core ${method.cores.other}`;
  return [
    {
      kind: "list",
      items: [
        `taken on ${taken_at.slice(0, 10)}${commit === null ? "" : ` at commit ${commit}`}; ${method.runs} runs of ${method.run_seconds} s after ${method.warmup_seconds} s of warming up`,
        `${machine.processor}, ${machine.cores} cores, ${machine.memory_gib} GiB, Linux ${machine.kernel}; load average before the start ${machine.load_average.toFixed(1)}`,
        `Node ${machine.node}, ${nginx}, wrk ${tools.wrk}${k6}; ${pinning}`,
      ],
    },
  ];
}

/** CPU, throughput and latency at saturation, one table a scenario. */
export function comparisonSection(report: Report): Block[] {
  return scenarios.flatMap((scenario) => {
    const figures = report.figures.find((candidate) => candidate.scenario === scenario.name);
    if (figures === undefined) return [];
    return [
      { kind: "heading", text: scenario.title },
      scenarioTable(scenario, figures),
      scenarioChart(scenario, figures),
    ];
  });
}

/** One scenario as a table: medians, with the range of the runs in brackets. */
function scenarioTable({ unit }: Scenario, { targets }: ScenarioFigures): Block {
  const withPeers = targets.some(({ kind }) => kind === "peer");
  const head = ["", `CPU µs/${unit}`, "× nginx", `${unit}s/s`, "p50 ms", "p99 ms", "busy %"];
  return {
    kind: "table",
    head: withPeers ? [...head, "Perpetuo is faster by"] : head,
    rows: targets.map((figures) => (withPeers ? [...rowOf(figures), fasterBy(figures)] : rowOf(figures))),
  };
}

function rowOf(figures: TargetFigures): string[] {
  const { cpu_us_per_unit, ratio_to_nginx, units_per_second, p50_ms, p99_ms, busy } = figures;
  return [
    titleOf(figures),
    showSpread(cpu_us_per_unit, 1),
    ratio_to_nginx === null ? "" : showSpread(ratio_to_nginx, 2),
    showSpread(units_per_second, 0),
    showSpread(p50_ms, 1),
    showSpread(p99_ms, 1),
    showSpread(scaleSpread(busy, 100), 0),
  ];
}

function fasterBy({ perpetuo_is_faster }: TargetFigures): string {
  return perpetuo_is_faster === null ? "" : `× ${showSpread(perpetuo_is_faster, 1)}`;
}

function scenarioChart({ unit }: Scenario, { targets }: ScenarioFigures): Block {
  const bars = targets.map(({ name, cpu_us_per_unit: { median, minimum, maximum } }) => ({
    label: name,
    value: median,
    low: minimum,
    high: maximum,
  }));
  return { kind: "chart", svg: barChart({ title: `CPU for each ${unit}`, unit: "µs", bars }) };
}

/** What the rest of the system costs, and whether every request is accounted for. */
export function booksSection(report: Report): Block[] {
  const { completed, possibly_in_flight, rows, counted, aborted, verdict } = report.accounts;
  const numbers = [completed, rows, counted, aborted, possibly_in_flight].map((value) => showNumber(value));
  const [answers, logged, usage, left, slack] = numbers;
  const blocks: Block[] = [
    { kind: "heading", text: "Behind the gateway" },
    {
      kind: "text",
      text: `For each unary request the rest of the system, which is the log flush, PostgreSQL and control, used ${showSpread(report.rest_of_system_us_per_request, 0)} µs of CPU on the other core.`,
    },
    { kind: "heading", text: "Accounts" },
    {
      kind: "text",
      text: `The load generators read ${answers} answers of the gateway to their end. \`request_logs\` has ${logged} rows and the usage counters say ${usage}; ${left} of them are requests whose client left, which wrk does when a run ends (at most ${slack} were under way then). The accounts are **${verdict}**.`,
    },
  ];
  if (report.reservations.length === 0) return blocks;
  return [...blocks, { kind: "heading", text: "Reservations" }, { kind: "list", items: report.reservations }];
}
