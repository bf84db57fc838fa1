import { type Field, gatewayOf } from "../field.ts";
import { runUnary } from "../load/run-generator.ts";
import { readParent } from "../machine/processes.ts";
import { bodyOf, plainRequest } from "../scenarios.ts";
import { type Spread, spreadOf } from "../statistics.ts";
import { settleResult } from "./open-loop.ts";

/**
 * The gateway's latency with the log's flush into PostgreSQL running, and with it standing still. Every request is written to
 * the log on disk in both: that has no switch.
 */
export type FlushPart = {
  rate: number;
  running: { p50_ms: Spread; p99_ms: Spread };
  suspended: { p50_ms: Spread; p99_ms: Spread };
};

const rounds = 4;
const seconds = 4;
const warmupSeconds = 2;

/** `rate` in requests a second. The flush is the supervisor's work, so it stands still while that process is stopped. */
export async function measureFlush(field: Field, rate: number): Promise<FlushPart> {
  field.report("The log: with its flush running, and suspended");
  const looks = { running: { p50: [], p99: [] }, suspended: { p50: [], p99: [] } } as Record<
    "running" | "suspended",
    { p50: number[]; p99: number[] }
  >;
  for (let round = 0; round < rounds; round++) {
    for (const state of ["running", "suspended"] as const) {
      const { p50, p99 } = await look(field, rate, state);
      looks[state].p50.push(p50);
      looks[state].p99.push(p99);
      field.report(`  ${state.padEnd(9)} p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`);
    }
  }
  const spreads = ({ p50, p99 }: { p50: number[]; p99: number[] }) => ({
    p50_ms: spreadOf(p50),
    p99_ms: spreadOf(p99),
  });
  return { rate, running: spreads(looks.running), suspended: spreads(looks.suspended) };
}

async function look(
  field: Field,
  rate: number,
  state: "running" | "suspended",
): Promise<{ p50: number; p99: number }> {
  const target = gatewayOf(field);
  const { url, headers } = target;
  const body = bodyOf(plainRequest, target);
  const job = { kind: "unary", url, headers, body, rate, warmupSeconds, seconds } as const;
  const supervisor = readParent(field.system.proxyPid);
  if (state === "suspended") process.kill(supervisor, "SIGSTOP");
  try {
    const result = await runUnary(job, field.settings);
    process.kill(supervisor, "SIGCONT");
    await settleResult(field, result);
    return { p50: result.latency_ms?.p50 ?? Number.NaN, p99: result.latency_ms?.p99 ?? Number.NaN };
  } finally {
    process.kill(supervisor, "SIGCONT");
  }
}
