import { type Field, takeTurn, targetsOf } from "../field.ts";
import { plainRequest } from "../scenarios.ts";
import { type Spread, spreadOf } from "../statistics.ts";
import type { Target, TargetKind } from "../targets/target.ts";
import { arriveAt, countFailures } from "./open-loop.ts";

/** Latencies of one target, in milliseconds, over all rounds. */
export type LatencyFigures = {
  target: string;
  kind: TargetKind;
  p50_ms: Spread;
  p99_ms: Spread;
  p999_ms: Spread;
  /** What the target adds to the direct call of the same round; null for the direct call itself. */
  added: { p50_ms: Spread; p99_ms: Spread; p999_ms: Spread } | null;
  /** How late the generator was with a request at p99; null where it sends as fast as it gets answers. */
  lateness_p99_ms: Spread | null;
  failures: number;
};

export type LatencyPart = {
  /** One connection, one request at a time. */
  alone: LatencyFigures[];
  /** A constant rate of half of what the gateway takes. */
  half_load: { rate: number; figures: LatencyFigures[] };
};

type Look = {
  p50_ms: number;
  p99_ms: number;
  p999_ms: number;
  lateness_p99_ms: number | null;
  failures: number;
};

const rounds = 3;
const aloneSeconds = 4;
const halfLoadSeconds = 6;
const shareOfCapacity = 0.5;

/** `capacity` is what the gateway takes at most, in requests a second. */
export async function measureLatency(field: Field, capacity: number): Promise<LatencyPart> {
  const targets = targetsOf(field, "direct", "nginx", "perpetuo");
  field.report("Latency of one request at a time");
  const alone = await inRounds(targets, (target) => lookAlone(field, target));
  const rate = Math.round(capacity * shareOfCapacity);
  field.report(`Latency at ${rate} requests a second, half of what the gateway takes`);
  const figures = await inRounds(targets, (target) => lookAtRate(field, target, rate));
  return { alone, half_load: { rate, figures } };
}

async function lookAlone(field: Field, target: Target): Promise<Look> {
  const work = { connections: 1, request: plainRequest, unit: "request" } as const;
  const { sample } = await takeTurn(field, target, { work, seconds: aloneSeconds });
  const { p50_ms, p99_ms, p999_ms, status_errors, socket_errors } = sample;
  return { p50_ms, p99_ms, p999_ms, lateness_p99_ms: null, failures: status_errors + socket_errors };
}

async function lookAtRate(field: Field, target: Target, rate: number): Promise<Look> {
  const { latency_ms, lateness_ms, failures } = await arriveAt(field, target, {
    rate,
    seconds: halfLoadSeconds,
  });
  return {
    p50_ms: latency_ms?.p50 ?? Number.NaN,
    p99_ms: latency_ms?.p99 ?? Number.NaN,
    p999_ms: latency_ms?.p999 ?? Number.NaN,
    lateness_p99_ms: lateness_ms?.p99 ?? null,
    failures: countFailures(failures),
  };
}

async function inRounds(
  targets: readonly Target[],
  look: (target: Target) => Promise<Look>,
): Promise<LatencyFigures[]> {
  const entries = targets.map((target) => ({ target, looks: [] as Look[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { target, looks } of entries) looks.push(await look(target));
  }
  const direct = entries.find(({ target }) => target.kind === "direct")?.looks ?? [];
  return entries.map(({ target, looks }) => latencyFigures(target, looks, direct));
}

/** Each round is held against the direct call of the same round. */
export function latencyFigures(
  { name, kind }: Pick<Target, "name" | "kind">,
  looks: readonly Look[],
  direct: readonly Look[],
): LatencyFigures {
  const spread = (name: "p50_ms" | "p99_ms" | "p999_ms") => spreadOf(looks.map((look) => look[name]));
  const added = (name: "p50_ms" | "p99_ms" | "p999_ms") =>
    spreadOf(looks.map((look, round) => look[name] - (direct[round]?.[name] ?? Number.NaN)));
  const lateness = looks.flatMap(({ lateness_p99_ms }) => lateness_p99_ms ?? []);
  return {
    target: name,
    kind,
    p50_ms: spread("p50_ms"),
    p99_ms: spread("p99_ms"),
    p999_ms: spread("p999_ms"),
    added:
      kind === "direct"
        ? null
        : { p50_ms: added("p50_ms"), p99_ms: added("p99_ms"), p999_ms: added("p999_ms") },
    lateness_p99_ms: lateness.length === 0 ? null : spreadOf(lateness),
    failures: looks.reduce((sum, { failures }) => sum + failures, 0),
  };
}
