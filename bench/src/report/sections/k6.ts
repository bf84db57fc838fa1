import type { K6Part, K6Run } from "../../parts/k6.ts";
import { type Block, showNumber } from "../blocks.ts";

/** k6's scenarios, with their thresholds and what the gateway itself says of its time. */
export function k6Section({ runs }: K6Part): Block[] {
  return [
    { kind: "heading", text: "k6 scenarios" },
    {
      kind: "table",
      head: [
        "scenario",
        "requests",
        "p50 ms",
        "p99 ms",
        "first byte p50 ms",
        "gateway's own share p50 ms",
        "thresholds",
      ],
      rows: runs.map((run) => [
        run.script,
        showNumber(run.requests),
        trend(run, "http_req_duration", "p50"),
        trend(run, "http_req_duration", "p99"),
        trend(run, "http_req_waiting", "p50"),
        trend(run, "server_timing_gateway", "p50"),
        run.passed ? `all ${run.thresholds.length} held` : "**broken**",
      ]),
    },
    {
      kind: "text",
      text: "k6 shares a core with everything but the gateway and costs more than the gateway does, so that its latencies are upper bounds. The gateway's own share is what its `Server-Timing` header says.",
    },
  ];
}

function trend(run: K6Run, metric: string, quantile: "p50" | "p99"): string {
  return showNumber(run.trends[metric]?.[quantile], 2);
}
