import { type Scenario, scenarios } from "../scenarios.ts";
import type { Spread } from "../statistics.ts";
import type { TargetName } from "../targets/target.ts";
import type { ScenarioFigures, TargetFigures } from "./figures.ts";
import type { Report } from "./report.ts";

const titles: Record<TargetName, string> = {
  mock: "mock provider, called directly (its own CPU)",
  nginx: "nginx, plain reverse proxy",
  perpetuo: "Perpetuo, everything on",
};

/** The generated part of docs/benchmarks.md. */
export function renderMarkdown(report: Report): string {
  const blocks = [
    describeCircumstances(report),
    ...scenarios.flatMap((scenario) => {
      const figures = report.figures.find((candidate) => candidate.scenario === scenario.name);
      return figures === undefined ? [] : [`### ${scenario.title}`, renderTable(scenario, figures)];
    }),
    "### Behind the gateway",
    `For each unary request the rest of the system, which is the log flush, PostgreSQL and control, used ${renderSpread(report.rest_of_system_us_per_request, 0)} µs of CPU on the other core.`,
    "### Accounts",
    renderAccounts(report),
  ];
  if (report.reservations.length > 0) {
    blocks.push("### Reservations", report.reservations.map((line) => `- ${line}`).join("\n"));
  }
  return blocks.join("\n\n");
}

function describeCircumstances({ taken_at, commit, method, machine, tools }: Report): string {
  const nginx = tools.nginx === null ? "without nginx" : `nginx ${tools.nginx}`;
  const pinning =
    method.cores === null
      ? "**unpinned**"
      : `pinned: proxy and nginx on core ${method.cores.proxy}, everything else on core ${method.cores.other}`;
  return [
    `- taken on ${taken_at.slice(0, 10)}${commit === null ? "" : ` at commit ${commit}`}; ${method.runs} runs of ${method.run_seconds} s after ${method.warmup_seconds} s of warming up`,
    `- ${machine.processor}, ${machine.cores} cores, ${machine.memory_gib} GiB, Linux ${machine.kernel}; load average before the start ${machine.load_average.toFixed(1)}`,
    `- Node ${machine.node}, ${nginx}, wrk ${tools.wrk}; ${pinning}`,
  ].join("\n");
}

/** One scenario as a table: medians, with the range of the runs in brackets. */
export function renderTable({ unit }: Scenario, figures: ScenarioFigures): string {
  return [
    `| | CPU µs/${unit} | × nginx | ${unit}s/s | p50 ms | p99 ms | busy % |`,
    "|---|---|---|---|---|---|---|",
    ...figures.targets.map(renderRow),
  ].join("\n");
}

function renderRow(figures: TargetFigures): string {
  const { cpu_us_per_unit, ratio_to_nginx, units_per_second, p50_ms, p99_ms, busy } = figures;
  const cells = [
    titles[figures.target],
    renderSpread(cpu_us_per_unit, 1),
    ratio_to_nginx === null ? "" : renderSpread(ratio_to_nginx, 2),
    renderSpread(units_per_second, 0),
    renderSpread(p50_ms, 1),
    renderSpread(p99_ms, 1),
    renderSpread(scale(busy, 100), 0),
  ];
  return `| ${cells.join(" | ")} |`;
}

function renderAccounts({ accounts }: Report): string {
  const { completed, possibly_in_flight, rows, counted, aborted, verdict } = accounts;
  const numbers = [completed, rows, counted, aborted, possibly_in_flight].map((value) => group(value, 0));
  const [answers, logged, usage, left, slack] = numbers;
  return `wrk read ${answers} answers of the gateway to their end. \`request_logs\` has ${logged} rows and the usage counters say ${usage}; ${left} of them are requests whose client left, which wrk does when a run ends (at most ${slack} were under way then). The accounts are **${verdict}**.`;
}

function scale({ median, minimum, maximum }: Spread, factor: number): Spread {
  return { median: median * factor, minimum: minimum * factor, maximum: maximum * factor };
}

function renderSpread({ median, minimum, maximum }: Spread, digits: number): string {
  return `${group(median, digits)} (${group(minimum, digits)}–${group(maximum, digits)})`;
}

function group(value: number, digits: number): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
