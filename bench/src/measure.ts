import { BenchError } from "./bench-error.ts";
import { type LoadSettings, runWrk } from "./load/run-wrk.ts";
import type { LoadResult } from "./load/wrk-result.ts";
import type { KeyChoice } from "./load/wrk-script.ts";
import { readCore, readProcessTicks } from "./machine/processes.ts";
import { bodyOf, type Scenario } from "./scenarios.ts";
import { readContentChunks } from "./targets/mock-totals.ts";
import type { Target } from "./targets/target.ts";

/** What is sent in a run; a scenario, or a variation of one. */
export type Work = Pick<Scenario, "connections" | "request" | "unit"> & { keys?: KeyChoice };

/** One run of one kind of work against one target. */
export type Sample = LoadResult & {
  target: string;
  /** Requests, or the content chunks of streams. */
  units: number;
  /** CPU time of the target's process, all threads, for each unit. */
  cpu_us_per_unit: number;
  /** CPU time of the target's process as a share of the run: at 1 the target was what limited the throughput. */
  busy: number;
  /** Share of the run that other processes had of the proxy's core; null when nothing is pinned. */
  core_taken_by_others: number | null;
  /** Share of the run that the hypervisor took from the proxy's core; null when nothing is pinned. */
  core_stolen: number | null;
};

export type MeasureSettings = LoadSettings & { mockUrl: string; microsecondsPerTick: number };

type Look = { ticks: number; core: ReturnType<typeof readCore> | null; at: number };

/** Runs the load and takes the target's CPU time, and what else was going on, around it. */
export async function measure(
  target: Target,
  { work, seconds }: { work: Work; seconds: number },
  settings: MeasureSettings,
): Promise<Sample> {
  const chunksBefore = await readContentChunks(settings.mockUrl);
  const before = look(target, settings);
  const { url, headers } = target;
  const { connections, keys = null } = work;
  const body = bodyOf(work.request, target);
  const result = await runWrk({ url, headers, body, connections, keys, seconds }, settings);
  const after = look(target, settings);
  if (result.requests === 0 && target.kind !== "peer")
    throw new BenchError(`${target.name} answered nothing.`);
  const chunks = (await readContentChunks(settings.mockUrl)) - chunksBefore;

  const units = work.unit === "chunk" ? chunks : result.requests;
  const cpuMicroseconds = (after.ticks - before.ticks) * settings.microsecondsPerTick;
  return {
    target: target.name,
    ...result,
    units,
    // A peer may be too slow to finish one answer in the time of a run.
    cpu_us_per_unit: units === 0 ? Number.NaN : cpuMicroseconds / units,
    busy: cpuMicroseconds / (after.at - before.at) / 1_000,
    ...compareCore(before, after, {
      ...settings,
      own: target.kind === "direct" ? 0 : after.ticks - before.ticks,
    }),
  };
}

function look({ pids }: Target, { placement }: MeasureSettings): Look {
  return {
    ticks: pids.reduce((sum, pid) => sum + readProcessTicks(pid), 0),
    core: placement.kind === "pinned" ? readCore(placement.proxyCore) : null,
    at: performance.now(),
  };
}

/** `own` is what the target itself used of the proxy's core, in ticks. */
function compareCore(
  before: Look,
  after: Look,
  { own, microsecondsPerTick }: { own: number; microsecondsPerTick: number },
): Pick<Sample, "core_taken_by_others" | "core_stolen"> {
  if (before.core === null || after.core === null) return { core_taken_by_others: null, core_stolen: null };
  const elapsedTicks = ((after.at - before.at) * 1_000) / microsecondsPerTick;
  const others = after.core.inProcesses - before.core.inProcesses - own;
  return {
    core_taken_by_others: Math.max(0, others) / elapsedTicks,
    core_stolen: (after.core.stolen - before.core.stolen) / elapsedTicks,
  };
}
