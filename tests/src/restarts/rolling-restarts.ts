import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { report } from "../harness/figures.ts";
import { startStack } from "../harness/stack.ts";
import { assertLedger } from "../ledger/assert-ledger.ts";
import type { ClientLedger } from "../ledger/client-ledger.ts";
import type { UpstreamBook } from "../ledger/upstream-record.ts";
import { rollOnce, untilOneGeneration } from "./roll.ts";
import { startRollingLoad } from "./rolling-load.ts";

export type RollingPlan = {
  restarts: number;
  perSecond: number;
  streams: number;
  streamMs: number;
  /** Between the end of one restart and the next, in milliseconds. */
  betweenMs: number;
  /** Waits for the end of every replaced generation, whose idle connections take some seconds to close. */
  replacedMustEnd: boolean;
};

/** An idle connection of a replaced generation ends by itself within this time. */
const idleEndMs = 20_000;

/** Restarts the proxy under load. No client may notice, and afterwards the books agree. */
export async function checkThatRestartsAreUnnoticed(plan: RollingPlan): Promise<void> {
  await using stack = await startStack({
    threads: 2,
    environment: { PERPETUO_DRAIN_GRACE_MS: "60000" },
  });
  const limits = { requests_per_minute: 1_000_000, concurrent_requests: 10_000 };
  const workspace = await stack.createWorkspace({ apiKeys: [{}, { limits }] });
  const load = startRollingLoad({ proxyUrl: stack.proxyUrl, workspace, ...plan });
  const took: number[] = [];
  for (let restart = 0; restart < plan.restarts; restart++) {
    await delay(plan.betweenMs);
    const startedAt = performance.now();
    await rollOnce(stack);
    took.push(performance.now() - startedAt);
  }
  await delay(plan.betweenMs);
  await load.stop();
  const balance = await assertLedger({ stack, ledger: load.ledger, upstreams: [idleCloser(load.ledger)] });
  expect(balance.outcomes).toEqual({ ok: balance.requests });
  expect(balance.rows).toBe(balance.requests);
  const streams = load.ledger.records.filter(({ contentEvents }) => contentEvents > 10).length;
  report(
    `${plan.restarts} rolling restarts under ${plan.perSecond} requests/s and ${plan.streams} streams of ` +
      `${plan.streamMs / 1_000} s: ${balance.requests} requests, ${streams} of them long streams; 0 refused, 0 cut, ` +
      `0 missing rows, 0 doubled; the new generation served after ${(Math.max(...took) / 1_000).toFixed(1)} s at most`,
  );
  if (plan.replacedMustEnd) await untilOneGeneration(stack, plan.streamMs + idleEndMs);
}

/**
 * The mock provider closes connections that have been idle for 10 s, now and then under a request that it has not read; the
 * gateway sends that again.
 */
function idleCloser({ records }: ClientLedger): UpstreamBook {
  return { records: async () => [], unread: () => Math.ceil(records.length / 100) };
}
