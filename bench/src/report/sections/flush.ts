import type { FlushPart } from "../../parts/flush.ts";
import { type Block, showNumber, showSpread } from "../blocks.ts";

/** What the log's flush does to the latency of requests. */
export function flushSection({ rate, running, suspended }: FlushPart): Block[] {
  const change = running.p99_ms.median / suspended.p99_ms.median - 1;
  return [
    {
      kind: "heading",
      text: `The log: latency at ${showNumber(rate)} requests/s with and without its flush`,
    },
    {
      kind: "table",
      head: ["", "p50 ms", "p99 ms"],
      rows: [
        ["flush into PostgreSQL running", showSpread(running.p50_ms, 2), showSpread(running.p99_ms, 2)],
        [
          "flush suspended, **not a mode of operation**",
          showSpread(suspended.p50_ms, 2),
          showSpread(suspended.p99_ms, 2),
        ],
      ],
    },
    {
      kind: "text",
      text: `With the flush p99 is ${showNumber(Math.abs(change) * 100)} % ${change < 0 ? "lower" : "higher"}. In both runs each record is written to disk before its answer ends, which has no switch. The flush, PostgreSQL, the load generator and the mock provider share one core here, so that part of the difference is the generator's own waiting, although flush and PostgreSQL stand back for it (nice 10).`,
    },
  ];
}
