import type { LatencyFigures, LatencyPart } from "../../parts/latency.ts";
import { titleOf } from "../../targets/target.ts";
import { type Block, showNumber, showSpread } from "../blocks.ts";
import { barChart } from "../charts.ts";

/** What the gateway adds to the direct call, alone and at half load. */
export function latencySection({ alone, half_load }: LatencyPart): Block[] {
  const rate = showNumber(half_load.rate);
  return [
    { kind: "heading", text: "Added latency: one request at a time" },
    latencyTable(alone),
    { kind: "heading", text: `Added latency: half load, ${rate} requests/s at a constant rate` },
    latencyTable(half_load.figures),
    latencyChart(half_load.figures),
    { kind: "text", text: lateness(half_load.figures) },
  ];
}

function latencyTable(figures: readonly LatencyFigures[]): Block {
  return {
    kind: "table",
    head: ["", "p50 ms", "p99 ms", "p99.9 ms", "added p50 ms", "added p99 ms", "added p99.9 ms"],
    rows: figures.map((entry) => [
      entry.kind === "direct"
        ? "mock provider, called directly"
        : titleOf({ name: entry.target, kind: entry.kind }),
      showSpread(entry.p50_ms, 2),
      showSpread(entry.p99_ms, 2),
      showSpread(entry.p999_ms, 2),
      ...(entry.added === null
        ? ["", "", ""]
        : [entry.added.p50_ms, entry.added.p99_ms, entry.added.p999_ms].map((spread) =>
            showSpread(spread, 2),
          )),
    ]),
  };
}

function latencyChart(figures: readonly LatencyFigures[]): Block {
  const bars = figures.flatMap(({ target, p50_ms, p99_ms, p999_ms }) =>
    [["p50", p50_ms] as const, ["p99", p99_ms] as const, ["p99.9", p999_ms] as const].map(
      ([quantile, { median, minimum, maximum }]) => ({
        label: `${target} ${quantile}`,
        value: median,
        low: minimum,
        high: maximum,
      }),
    ),
  );
  return { kind: "chart", svg: barChart({ title: "Latency at half load", unit: "ms", bars }) };
}

function lateness(figures: readonly LatencyFigures[]): string {
  const each = figures.flatMap(({ target, lateness_p99_ms }) =>
    lateness_p99_ms === null ? [] : [`${target} ${showNumber(lateness_p99_ms.median, 2)} ms`],
  );
  return `The generator itself sent its requests late by, at p99: ${each.join(", ")}. It shares its core with the mock provider and, for Perpetuo alone, with the log flush and PostgreSQL, which stand back for it (nice 10).`;
}
