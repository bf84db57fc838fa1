import type { Books } from "./books.ts";
import { readProcessTicks, readTreeTicks } from "./machine/processes.ts";
import { type MeasureSettings, measure, type Sample, type Work } from "./measure.ts";
import type { ControlApi } from "./targets/control-api.ts";
import type { System } from "./targets/system.ts";
import type { Target, TargetKind } from "./targets/target.ts";

/** Everything that is up and can be measured. */
export type Field = {
  system: System;
  books: Books;
  control: ControlApi;
  /** In the order of their turns: the mock provider itself, nginx when there is one, Perpetuo, peers. */
  targets: readonly Target[];
  settings: MeasureSettings;
  report: (line: string) => void;
};

/** CPU microseconds of the rest of the system, flush included; null for targets that have none. */
export type Turn = { sample: Sample; restMicroseconds: number | null };

/**
 * One run against one target. A turn of the gateway ends when its log is in the database, so that its flush is nobody
 * else's load.
 */
export async function takeTurn(
  { system, books, settings }: Field,
  target: Target,
  { work, seconds }: { work: Work; seconds: number },
): Promise<Turn> {
  const before = readRestTicks(system);
  const sample = await measure(target, { work, seconds }, settings);
  if (target.kind !== "perpetuo") return { sample, restMicroseconds: null };
  await books.settle({ completed: sample.requests, possibly_in_flight: work.connections });
  return { sample, restMicroseconds: (readRestTicks(system) - before) * settings.microsecondsPerTick };
}

function readRestTicks({ launcherPid, proxyPid, mockPid }: System): number {
  return readTreeTicks(launcherPid) - readProcessTicks(proxyPid) - readProcessTicks(mockPid);
}

/** The targets of the given kinds, in the order of their turns. */
export function targetsOf({ targets }: Field, ...kinds: TargetKind[]): Target[] {
  return targets.filter(({ kind }) => kinds.includes(kind));
}

/** The gateway that all of this is about. */
export function gatewayOf({ targets }: Field): Target {
  const found = targets.find(({ kind }) => kind === "perpetuo");
  if (found === undefined) throw new Error("Perpetuo is not among the targets.");
  return found;
}
