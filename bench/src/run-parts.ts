import type { Accounts } from "./accounts.ts";
import { type Comparison, compare } from "./compare.ts";
import type { Part, Plan } from "./config.ts";
import type { Field } from "./field.ts";
import { lowerPriority } from "./machine/priority.ts";
import { type FlushPart, measureFlush } from "./parts/flush.ts";
import { type FrontierPart, measureFrontier } from "./parts/frontier.ts";
import { type GrowthPart, measureGrowth } from "./parts/growth.ts";
import { type K6Part, runK6Scenarios } from "./parts/k6.ts";
import { type LatencyPart, measureLatency } from "./parts/latency.ts";
import { measureStreams, type StreamsPart } from "./parts/streams.ts";
import { measureTranslation, type TranslationPart } from "./parts/translation.ts";
import { median } from "./statistics.ts";

/** Everything that was measured; null for parts that were not asked for, or cannot be had here. */
export type Results = {
  comparison: Comparison;
  latency: LatencyPart | null;
  frontier: FrontierPart | null;
  streams: StreamsPart | null;
  growth: GrowthPart | null;
  flush: FlushPart | null;
  k6: K6Part | null;
  translation: TranslationPart | null;
  accounts: Accounts;
};

export type PartsPlan = { plan: Plan; parts: readonly Part[]; k6: string | null };

/** The rate at which the log is looked at, of what the gateway takes. */
const flushShare = 0.5;

/** Measures the comparison and the parts that are asked for, then closes the books. */
export async function runParts(field: Field, { plan, parts, k6 }: PartsPlan): Promise<Results> {
  const timed = async <TPart>(part: Part, measurePart: () => Promise<TPart>): Promise<TPart | null> => {
    if (!parts.includes(part)) return null;
    const startedAt = performance.now();
    const result = await measurePart();
    field.report(`  (${part}: ${Math.round((performance.now() - startedAt) / 1_000)} s)`);
    return result;
  };
  const comparison = await compare(field, plan);
  const { launcherPid, proxyPid, mockPid } = field.system;
  // The generator and the provider stand for other machines; what shares their core here must not delay them.
  lowerPriority(launcherPid, [proxyPid, mockPid]);
  const capacityOf = (name: string) => capacityIn(comparison, name);
  const capacity = capacityOf("perpetuo");
  return {
    comparison,
    latency: await timed("latency", () => measureLatency(field, capacity)),
    frontier: await timed("frontier", () => measureFrontier(field, capacityOf)),
    streams: await timed("streams", () => measureStreams(field)),
    growth: await timed("growth", () => measureGrowth(field)),
    flush: await timed("flush", () => measureFlush(field, Math.round(capacity * flushShare))),
    k6: k6 === null ? null : await timed("k6", () => runK6Scenarios(field, k6)),
    // The last one: its provider keys are candidates of every request from then on.
    translation: await timed("translation", () => measureTranslation(field)),
    accounts: await field.books.close(),
  };
}

/** Unary requests a second of a target with all its connections busy. */
function capacityIn({ samples }: Comparison, name: string): number {
  const rates = samples
    .filter(({ scenario, sample }) => scenario === "unary" && sample.target === name)
    .map(({ sample }) => sample.units / sample.seconds);
  return median(rates);
}
