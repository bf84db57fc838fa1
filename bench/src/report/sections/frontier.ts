import type { FrontierPart } from "../../parts/frontier.ts";
import { titleOf } from "../../targets/target.ts";
import { type Block, showNumber } from "../blocks.ts";
import { lineChart } from "../charts.ts";

/** Throughput against the tail of the latency, at constant arrival rates. */
export function frontierSection({ frontiers, highest_rate }: FrontierPart): Block[] {
  const bounds = frontiers[0]?.within.map(({ bound_ms }) => bound_ms) ?? [];
  const show = (rate: number | null) => {
    if (rate === null) return "–";
    return rate === highest_rate ? `≥ ${showNumber(rate)}` : showNumber(rate);
  };
  return [
    { kind: "heading", text: "Frontier: requests/s within a bound on p99" },
    {
      kind: "table",
      head: ["", ...bounds.map((bound) => `p99 ≤ ${bound} ms`)],
      rows: frontiers.map(({ target, kind, within }) => [
        titleOf({ name: target, kind }),
        ...within.map(({ rate }) => show(rate)),
      ]),
    },
    {
      kind: "text",
      text: `Requests arrive at a constant rate. Each figure is the highest rate tried that kept the bound, without interpolation; ${showNumber(highest_rate)}/s is what the generator keeps up.`,
    },
    {
      kind: "chart",
      svg: lineChart({
        title: "p99 at constant arrival rates",
        x: { label: "requests/s", scale: "linear" },
        y: { label: "p99 ms", scale: "logarithmic" },
        series: frontiers.map(({ target, points }) => ({
          name: target,
          points: points.map(({ rate, p99_ms }) => [rate, p99_ms] as const),
        })),
      }),
    },
  ];
}
