import { type Field, gatewayOf, targetsOf } from "../field.ts";
import type { Quantiles, StreamResult } from "../load/generator/jobs.ts";
import { runStreams } from "../load/run-generator.ts";
import { readResident, watchResident } from "../machine/memory.ts";
import { bodyOf } from "../scenarios.ts";
import type { Target, TargetKind } from "../targets/target.ts";
import { countFailures, settleResult } from "./open-loop.ts";

/** Streams through one target. Times in milliseconds. */
export type StreamFigures = {
  target: string;
  kind: TargetKind;
  first_byte_ms: Quantiles | null;
  /** From the provider's making of a chunk to its arrival at the client. */
  chunk_delay_ms: Quantiles | null;
  chunks: number;
  most_open: number;
  failures: number;
};

export type StreamsPart = {
  /** A few streams at a time. */
  calm: StreamFigures[];
  /** Very many at once. */
  crowded: { streams: number; pace_ms: number; figures: StreamFigures[] };
  /** The gateway's resident set in bytes: before the crowd, at its most, and a while after it has gone. */
  memory: { idle: number; loaded: number; recovered: number; recovered_after_seconds: number };
};

type StreamLoad = { chunks: number; paceMs: number; rate: number; count: number; measureFromSeconds: number };

/** About twenty-five streams at once: 50 a second, each half a second long. */
const calm: StreamLoad = { chunks: 25, paceMs: 20, rate: 50, count: 500, measureFromSeconds: 2 };
/** All have begun after four seconds and are open for eleven more. */
const crowded: StreamLoad = { chunks: 150, paceMs: 100, rate: 500, count: 2_000, measureFromSeconds: 4.5 };
const recoverySeconds = 15;

export async function measureStreams(field: Field): Promise<StreamsPart> {
  const targets = targetsOf(field, "direct", "nginx", "perpetuo");
  field.report("Streams: time to the first byte, and how long a chunk is under way");
  const calmFigures: StreamFigures[] = [];
  for (const target of targets) calmFigures.push(await readStreams(field, target, calm));

  field.report(`Streams: ${crowded.count} at once`);
  const crowdedFigures: StreamFigures[] = [];
  for (const target of targetsOf(field, "direct", "nginx")) {
    crowdedFigures.push(await readStreams(field, target, crowded));
  }
  const { memory, figures } = await readCrowdAtGateway(field);
  return {
    calm: calmFigures,
    crowded: { streams: crowded.count, pace_ms: crowded.paceMs, figures: [...crowdedFigures, figures] },
    memory,
  };
}

async function readCrowdAtGateway(
  field: Field,
): Promise<{ figures: StreamFigures; memory: StreamsPart["memory"] }> {
  const { proxyPid } = field.system;
  const idle = readResident(proxyPid);
  const watch = watchResident(proxyPid);
  const figures = await readStreams(field, gatewayOf(field), crowded);
  const loaded = watch.stop();
  await pause(recoverySeconds * 1_000, field.settings.interrupted);
  const recovered = readResident(proxyPid);
  return { figures, memory: { idle, loaded, recovered, recovered_after_seconds: recoverySeconds } };
}

async function readStreams(field: Field, target: Target, load: StreamLoad): Promise<StreamFigures> {
  const { rate, count, measureFromSeconds, chunks, paceMs } = load;
  const request = {
    model: `mock-fast?chunks=${chunks}&pace=${paceMs}&stamp=1`,
    stream: true,
    promptBytes: 1_024,
  };
  const { url, headers } = target;
  const job = { kind: "streams", url, headers, body: bodyOf(request, target), rate, count } as const;
  const result = await runStreams({ ...job, measureFromSeconds }, field.settings);
  if (target.kind === "perpetuo") await settleResult(field, result);
  const figures = streamFigures(target, result);
  field.report(
    `  ${target.name.padEnd(9)} first byte p50 ${show(figures.first_byte_ms?.p50)} ms, chunk p50 ${show(figures.chunk_delay_ms?.p50)} ms, p99 ${show(figures.chunk_delay_ms?.p99)} ms`,
  );
  return figures;
}

function streamFigures({ name, kind }: Target, result: StreamResult): StreamFigures {
  const { first_byte_ms, chunk_delay_ms, chunks, most_open, failures } = result;
  return {
    target: name,
    kind,
    first_byte_ms,
    chunk_delay_ms,
    chunks,
    most_open,
    failures: countFailures(failures),
  };
}

function show(value: number | undefined): string {
  return value === undefined ? "–" : value.toFixed(2);
}

/** Memory goes back on its own time, which nothing announces. */
async function pause(milliseconds: number, interrupted: AbortSignal): Promise<void> {
  interrupted.throwIfAborted();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  interrupted.throwIfAborted();
}
