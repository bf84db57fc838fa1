/**
 * The cells of one target's latency: 64-bit floats, so that they can lie in memory that threads share, and zeros are a
 * target that nobody has measured. A stream's first event and a whole answer are different waits and are kept apart.
 * Whoever writes holds the target's lock. Times are ticks: monotonic milliseconds, the same clock in every thread.
 */
const pairs = { stream: 0, whole: 2 } as const;

/** Cells that one target takes: for each kind of answer the average, and the tick of its last measurement. */
export const latencyCellCount = 4;

/** A measurement counts half as much as one that is so much younger. */
const halfLifeMs = 10_000;
/** What has not been measured for so long says nothing any more. */
const forgetAfterMs = 600_000;

/** How the client waits: for a stream's first event, or for a whole answer. */
export type AnswerKind = keyof typeof pairs;

/** Exponentially weighted average of the time to the first byte, and the age of its last measurement. */
export type Latency = { readonly ms: number; readonly ageMs: number };

/** State of one target: `cells[base + …]`. */
export type LatencyState = { readonly cells: Float64Array; readonly base: number };

/** Takes a measurement in. Its share grows with the time since the one before, so that bursts count no more than calm. */
export function noteLatency(
  state: LatencyState,
  kind: AnswerKind,
  sample: { ms: number; tick: number },
): void {
  const { cells } = state;
  const at = state.base + pairs[kind];
  const latest = cells[at + 1] as number;
  const average = cells[at] as number;
  const share = latest === 0 ? 1 : 1 - 0.5 ** (Math.max(0, sample.tick - latest) / halfLifeMs);
  cells[at] = average + (sample.ms - average) * share;
  cells[at + 1] = sample.tick;
}

/** The target's latency; null where it is unknown. */
export function latencyOf({ cells, base }: LatencyState, kind: AnswerKind, tick: number): Latency | null {
  const latest = cells[base + pairs[kind] + 1] as number;
  const ageMs = Math.max(0, tick - latest);
  return latest === 0 || ageMs >= forgetAfterMs ? null : { ms: cells[base + pairs[kind]] as number, ageMs };
}

/** The state says nothing any more, so its place may go to another target. */
export function mayForgetLatency(state: LatencyState, tick: number): boolean {
  return latencyOf(state, "stream", tick) === null && latencyOf(state, "whole", tick) === null;
}
