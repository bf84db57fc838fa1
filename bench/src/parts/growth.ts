import path from "node:path";
import { type Field, gatewayOf, takeTurn, targetsOf } from "../field.ts";
import type { Sample, Work } from "../measure.ts";
import { plainRequest } from "../scenarios.ts";
import { median } from "../statistics.ts";
import { addApiKeys } from "../targets/api-keys.ts";
import type { Target } from "../targets/target.ts";

/** CPU microseconds for each request at one size of the work; null for what was not measured. */
export type GrowthPoint = {
  size: number;
  perpetuo_us: number;
  nginx_us: number | null;
  ratio: number | null;
};

export type GrowthPart = {
  /** Connections kept busy. */
  connections: GrowthPoint[];
  /** API keys in use, taken at random. */
  api_keys: GrowthPoint[];
  /** Bytes of the prompt. */
  prompt_bytes: GrowthPoint[];
  /** CPU milliseconds that a mebibyte more of prompt costs, by the largest and the smallest prompt. */
  ms_per_mebibyte: { perpetuo: number; nginx: number | null };
};

const connectionCounts = [10, 64, 256, 1_000, 2_000];
const keyCounts = [10, 1_000, 100_000];
const promptSizes = [1_024, 10_240, 102_400, 1_048_576, 4_194_304];
const plainConnections = 64;
const bodyConnections = 8;
const seconds = 3;
const rounds = 2;
/** A key's first use is a look into the database; this many a second can be looked up. */
const firstUsesPerSecond = 2_500;

export async function measureGrowth(field: Field): Promise<GrowthPart> {
  field.report("Growth: connections");
  const connections = await measurePoints(field, connectionCounts, (count) => ({
    connections: count,
    request: plainRequest,
    unit: "request",
  }));
  field.report("Growth: size of the prompt");
  const prompt_bytes = await measurePoints(field, promptSizes, (size) => ({
    connections: bodyConnections,
    request: { ...plainRequest, promptBytes: size },
    unit: "request",
  }));
  field.report("Growth: API keys");
  return {
    connections,
    prompt_bytes,
    api_keys: await measureKeys(field),
    ms_per_mebibyte: {
      perpetuo: slopePerMebibyte(prompt_bytes, ({ perpetuo_us }) => perpetuo_us) ?? Number.NaN,
      nginx: slopePerMebibyte(prompt_bytes, ({ nginx_us }) => nginx_us),
    },
  };
}

async function measurePoints(
  field: Field,
  sizes: readonly number[],
  workOf: (size: number) => Work,
): Promise<GrowthPoint[]> {
  const points: GrowthPoint[] = [];
  const [nginx] = targetsOf(field, "nginx");
  for (const size of sizes) {
    const work = workOf(size);
    const [own, others]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      if (nginx !== undefined) others.push((await turn(field, nginx, work)).cpu_us_per_unit);
      own.push((await turn(field, gatewayOf(field), work)).cpu_us_per_unit);
    }
    points.push(growthPoint(size, own, others));
    field.report(`  ${size.toLocaleString("en-US").padStart(9)}  ${describe(points.at(-1))}`);
  }
  return points;
}

async function measureKeys(field: Field): Promise<GrowthPoint[]> {
  const points: GrowthPoint[] = [];
  const gateway = gatewayOf(field);
  for (const size of keyCounts) {
    const file = path.join(field.settings.directory, "keys");
    await addApiKeys(field.system, { count: size, file });
    const plain = { connections: plainConnections, request: plainRequest, unit: "request" } as const;
    const work: Work = { ...plain, keys: { file, order: "random" } };
    await takeTurn(field, gateway, {
      work: { ...plain, keys: { file, order: "in turn" } },
      seconds: Math.ceil(size / firstUsesPerSecond) + 1,
    });
    const own: number[] = [];
    for (let round = 0; round < rounds; round++) own.push((await turn(field, gateway, work)).cpu_us_per_unit);
    points.push(growthPoint(size, own, []));
    field.report(`  ${size.toLocaleString("en-US").padStart(9)}  ${describe(points.at(-1))}`);
  }
  return points;
}

async function turn(field: Field, target: Target, work: Work): Promise<Sample> {
  return (await takeTurn(field, target, { work, seconds })).sample;
}

/** The ratio is the median of the rounds' ratios, because both had the same machine in each. */
export function growthPoint(size: number, own: readonly number[], nginx: readonly number[]): GrowthPoint {
  const ratios = own.map((value, round) => value / (nginx[round] ?? Number.NaN));
  return {
    size,
    perpetuo_us: median(own),
    nginx_us: nginx.length === 0 ? null : median(nginx),
    ratio: nginx.length === 0 ? null : median(ratios),
  };
}

/** From the smallest to the largest size; null when one of them was not measured. */
export function slopePerMebibyte(
  points: readonly GrowthPoint[],
  read: (point: GrowthPoint) => number | null,
): number | null {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || first === last) return null;
  const [low, high] = [read(first), read(last)];
  if (low === null || high === null) return null;
  const mebibytes = (last.size - first.size) / 2 ** 20;
  return (high - low) / 1_000 / mebibytes;
}

function describe(point: GrowthPoint | undefined): string {
  if (point === undefined) return "";
  const ratio = point.ratio === null ? "" : `, ${point.ratio.toFixed(2)} × nginx`;
  return `${point.perpetuo_us.toFixed(1)} µs of CPU a request${ratio}`;
}
