import { titleOf } from "../../targets/target.ts";
import { type Block, showMebibytes, showNumber } from "../blocks.ts";
import type { Report } from "../report.ts";

type Aim = { what: string; aim: string; measured: string; met: boolean };

/** Which aims were met, for what this run has measured. */
export function targetsSection(report: Report): Block[] {
  const aims = [
    ...comparisonAims(report),
    ...latencyAims(report),
    ...streamAims(report),
    ...growthAims(report),
    ...flushAims(report),
    ...translationAims(report),
    ...peerAims(report),
  ];
  return [
    { kind: "heading", text: "Against the targets" },
    {
      kind: "table",
      head: ["what", "target", "measured", ""],
      rows: aims.map(({ what, aim, measured, met }) => [what, aim, measured, met ? "met" : "**missed**"]),
    },
  ];
}

function comparisonAims({ figures }: Report): Aim[] {
  const limits = [
    { scenario: "unary", what: "unary: CPU per request", most: 2.2 },
    { scenario: "streaming", what: "streaming: CPU per relayed chunk", most: 1.5 },
  ];
  return limits.flatMap(({ scenario, what, most }) => {
    const found = figures.find((entry) => entry.scenario === scenario);
    const ratio = found?.targets.find(({ kind }) => kind === "perpetuo")?.ratio_to_nginx ?? null;
    if (ratio === null) return [];
    return [
      {
        what,
        aim: `≤ ${most} × nginx`,
        measured: `${showNumber(ratio.median, 2)} ×`,
        met: ratio.median <= most,
      },
    ];
  });
}

function latencyAims({ parts: { latency } }: Report): Aim[] {
  const added = latency?.half_load.figures.find(({ kind }) => kind === "perpetuo")?.added ?? null;
  if (added === null) return [];
  const [p50, p99] = [added.p50_ms.median, added.p99_ms.median];
  return [
    {
      what: "added latency at half load",
      aim: "p50 ≤ 0.2 ms, p99 ≤ 1 ms",
      measured: `p50 ${showNumber(p50, 2)} ms, p99 ${showNumber(p99, 2)} ms`,
      met: p50 <= 0.2 && p99 <= 1,
    },
  ];
}

const mostStreamMemory = 250 * 2 ** 20;
const longestChunkDelayMs = 50;

function streamAims({ parts: { streams } }: Report): Aim[] {
  if (streams === null) return [];
  const gateway = streams.crowded.figures.find(({ kind }) => kind === "perpetuo");
  const delay = gateway?.chunk_delay_ms?.p99 ?? Number.NaN;
  const { loaded } = streams.memory;
  return [
    {
      what: `${showNumber(streams.crowded.streams)} concurrent streams on one thread`,
      aim: "RSS ≤ 250 MiB, no chunk delayed > 50 ms at p99",
      measured: `${showMebibytes(loaded)}, p99 ${showNumber(delay, 1)} ms`,
      met: loaded <= mostStreamMemory && delay <= longestChunkDelayMs && gateway?.failures === 0,
    },
  ];
}

const likeness = 0.2;

function growthAims({ parts: { growth } }: Report): Aim[] {
  if (growth === null) return [];
  const ratios = growth.connections.flatMap(({ ratio }) => ratio ?? []);
  const costs = growth.api_keys.map(({ perpetuo_us }) => perpetuo_us);
  const spread = (values: readonly number[]) => Math.max(...values) / Math.min(...values);
  const body = growth.ms_per_mebibyte.perpetuo;
  const aims: Aim[] = [
    {
      what: "body size: CPU per MiB of prompt",
      aim: "≤ 1 ms",
      measured: `${showNumber(body, 2)} ms`,
      met: body <= 1,
    },
    {
      what: "cost from 10 to 100,000 API keys",
      aim: "flat (± 20 %)",
      measured: `${showNumber(Math.min(...costs), 1)}–${showNumber(Math.max(...costs), 1)} µs`,
      met: spread(costs) <= (1 + likeness) / (1 - likeness),
    },
  ];
  if (ratios.length === 0) return aims;
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  const connections: Aim = {
    what: "ratio to nginx from 10 to 2,000 connections",
    aim: "within ± 20 %",
    measured: `${showNumber(least, 2)}–${showNumber(most, 2)} ×`,
    met: spread(ratios) <= (1 + likeness) / (1 - likeness),
  };
  return [...aims, connections];
}

const mostChange = 0.05;

function flushAims({ parts: { flush } }: Report): Aim[] {
  if (flush === null) return [];
  const change = flush.running.p99_ms.median / flush.suspended.p99_ms.median - 1;
  return [
    {
      what: "log: p99 with its flush against p99 without",
      aim: "no change above 5 %",
      measured: `${change < 0 ? "−" : "+"}${showNumber(Math.abs(change) * 100)} %`,
      met: change <= mostChange,
    },
  ];
}

function translationAims({ parts: { translation } }: Report): Aim[] {
  if (translation === null) return [];
  const most = (unit: "request" | "chunk") =>
    Math.max(...translation.wires.map(({ added }) => added?.[unit].median ?? Number.NEGATIVE_INFINITY));
  const limits = [
    { unit: "request", bound: 40 },
    { unit: "chunk", bound: 10 },
  ] as const;
  return limits.map(({ unit, bound }) => ({
    what: `translation: CPU per ${unit} over passing through`,
    aim: `≤ ${bound} µs`,
    measured: `${showNumber(most(unit), 1)} µs at most`,
    met: most(unit) <= bound,
  }));
}

/** By the peer's name, as far as there are aims for it. */
const leastLead: Record<string, number> = { portkey: 20, litellm: 20, bifrost: 1.2 };

function peerAims({ figures }: Report): Aim[] {
  const unary = figures.find(({ scenario }) => scenario === "unary")?.targets ?? [];
  return unary.flatMap((entry) => {
    const least = leastLead[entry.name.toLowerCase()];
    const lead = entry.perpetuo_is_faster;
    if (least === undefined || lead === null) return [];
    return [
      {
        what: `unary throughput against ${titleOf(entry)}`,
        aim: `≥ ${least} ×`,
        measured: `${showNumber(lead.median, 1)} ×`,
        met: lead.median >= least,
      },
    ];
  });
}
