import type { Accounts } from "../accounts.ts";
import type { Machine } from "../machine/describe.ts";
import { type Block, showNumber } from "../report/blocks.ts";
import { lineChart } from "../report/charts.ts";
import type { MixedResult } from "./mixed-load.ts";

/** A look at the serving process, its garbage collected. */
export type SoakLook = {
  /** Since the load began; of the look before it, since the system was warm. */
  seconds: number;
  resident: number;
  descriptors: number;
  /** Timers of its event loops. */
  timers: number;
};

export type SoakReport = {
  taken_at: string;
  commit: string | null;
  machine: Machine;
  minutes: number;
  calls: MixedResult["calls"];
  /** Before the load, with the system idle. */
  start: SoakLook;
  /** Under load, once the process has reached its working size; the end is held against it. */
  settled: SoakLook;
  /** Under load, at the end. */
  end: SoakLook;
  /** Idle again, when connections have had time to close. */
  after: SoakLook;
  /** Without a collection before, at regular intervals. */
  resident_over_time: { seconds: number; resident: number }[];
  accounts: Accounts;
};

export type SoakVerdict = { what: string; aim: string; measured: string; met: boolean };

const mostGrowth = 8 * 2 ** 20;
/** Descriptors and timers that may come and go at any moment. */
const slack = 2;
const unexpectedShare = 0.001;

/** What a soak is judged by. */
export function judgeSoak({ start, settled, end, after, accounts, calls }: SoakReport): SoakVerdict[] {
  const growth = end.resident - settled.resident;
  const all = Object.values(calls).reduce((sum, entry) => sum + entry.calls, 0);
  const unexpected = Object.values(calls).reduce((sum, entry) => sum + entry.unexpected, 0);
  return [
    {
      what: `RSS after a collection, minute ${minuteOf(end)} against minute ${minuteOf(settled)}`,
      aim: "≤ 8 MiB more",
      measured: `${mebibytes(settled.resident)} → ${mebibytes(end.resident)} (${mebibytes(growth)})`,
      met: growth <= mostGrowth,
    },
    level("descriptors", start.descriptors, after.descriptors),
    level("timers", start.timers, after.timers),
    {
      what: "answers other than expected",
      aim: "≤ 0.1 %",
      measured: `${showNumber(unexpected)} of ${showNumber(all)}`,
      met: unexpected <= all * unexpectedShare,
    },
    {
      what: "accounts",
      aim: "balanced",
      measured: `${accounts.verdict}: ${showNumber(accounts.completed)} answers, ${showNumber(accounts.rows)} rows, ${showNumber(accounts.counted)} counted, ${showNumber(accounts.possibly_in_flight)} clients left`,
      met: accounts.verdict === "balanced",
    },
  ];
}

function level(what: string, before: number, after: number): SoakVerdict {
  return {
    what: `${what}, at the start and after the load`,
    aim: `the start's level (± ${slack})`,
    measured: `${before} → ${after}`,
    met: after <= before + slack,
  };
}

/** The soak as it stands in docs/benchmarks.md and in its HTML report. */
export function composeSoak(report: SoakReport): Block[] {
  const { taken_at, commit, machine, minutes, calls } = report;
  const rates = Object.entries(calls).map(([name, entry]) => `${showNumber(entry.calls)} × ${name}`);
  return [
    {
      kind: "list",
      items: [
        `${minutes} minutes on ${taken_at.slice(0, 10)}${commit === null ? "" : ` at commit ${commit}`}; ${machine.processor}, ${machine.cores} cores, Node ${machine.node}`,
        `calls: ${rates.join(", ")}; a failure's provider answers 500, a departure leaves in the middle of its stream`,
      ],
    },
    {
      kind: "table",
      head: ["what", "target", "measured", ""],
      rows: judgeSoak(report).map(({ what, aim, measured, met }) => [
        what,
        aim,
        measured,
        met ? "met" : "**missed**",
      ]),
    },
    {
      kind: "chart",
      svg: lineChart({
        title: "Resident memory of the serving process",
        x: { label: "minutes", scale: "linear" },
        y: { label: "MiB", scale: "linear" },
        series: [
          {
            name: "RSS",
            points: report.resident_over_time.map(
              ({ seconds, resident }) => [seconds / 60, resident / 2 ** 20] as const,
            ),
          },
        ],
      }),
    },
  ];
}

function minuteOf({ seconds }: SoakLook): string {
  return showNumber(seconds / 60);
}

function mebibytes(bytes: number): string {
  return `${showNumber(bytes / 2 ** 20, 1)} MiB`;
}
