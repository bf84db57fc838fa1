import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { distribution, percentile, report } from "../harness/figures.ts";
import { answeredIds, type PacedEntry, startPacedLoad } from "../harness/paced-load.ts";
import type { Stack } from "../harness/stack.ts";
import type { TestWorkspace } from "../harness/workspace.ts";

export type Overload = {
  places: number;
  /** How long the provider takes for an answer. */
  latencyMs: number;
  /** Offered, open-loop: three times what the places allow. */
  perSecond: number;
  seconds: number;
  /** Bounds that hold on a busy machine too: the share of the capacity that is served, and the p99 of refusals. */
  leastGoodput: number;
  refusedWithinMs: number;
};

const recoveryMs = 5_000;
const calmSeconds = 2;
/** Share of a modest workspace's requests that are served beside a flood. */
const leastTrickle = 0.9;

/**
 * Three times the requests that there are places for, then calm: the places stay in use, who finds none is told at once, the
 * calm is served, and every request has its row.
 */
export async function checkShedding(stack: Stack, overload: Overload): Promise<void> {
  const servedBefore = (await stack.mock.totals()).requests;
  const workspace = await stack.createWorkspace();
  const model = `mock?chunks=1&latency=${overload.latencyMs}`;
  const load = {
    proxyUrl: stack.proxyUrl,
    apiKey: workspace.apiKey,
    model,
    connections: overload.places * 4,
  };
  const storm = startPacedLoad({ ...load, perSecond: overload.perSecond });
  await delay(overload.seconds * 1_000);
  const stormSent = await storm.stop();
  const capacity = (overload.places * 1_000) / overload.latencyMs;
  const calmBegan = performance.now();
  const calm = startPacedLoad({ ...load, perSecond: Math.floor(capacity / 2) });
  await delay(calmSeconds * 1_000);
  const calmSent = await calm.stop();

  const served = storm.entries.filter(({ status }) => status === 200);
  const refused = storm.entries.filter(({ status }) => status === 503);
  const goodput = goodputOf(served, overload);
  expect(served.length + refused.length).toBe(stormSent.sent);
  expect(goodput / capacity).toBeGreaterThanOrEqual(overload.leastGoodput);
  expect(percentile(durationsOf(refused), 0.99)).toBeLessThanOrEqual(overload.refusedWithinMs);
  const lastRefusal = calm.entries.findLast(({ status }) => status !== 200);
  expect((lastRefusal?.startedAt ?? calmBegan) - calmBegan).toBeLessThanOrEqual(recoveryMs);
  expect(calm.entries.slice(-100).every(({ status }) => status === 200)).toBe(true);
  await auditBooks(stack, workspace, { entries: [...storm.entries, ...calm.entries], servedBefore });
  report(
    `${overload.perSecond} requests/s offered to ${overload.places} places of ${overload.latencyMs} ms for ${overload.seconds} s: ` +
      `goodput ${goodput.toFixed(0)}/s of ${capacity.toFixed(0)}/s (${((100 * goodput) / capacity).toFixed(1)} %), ` +
      `served in ${distribution(durationsOf(served), "ms")}, refused in ${distribution(durationsOf(refused), "ms")}; ` +
      `then ${calmSent.failed} of ${calmSent.sent} refused in the calm; ${stormSent.sent + calmSent.sent} requests = rows = counters`,
  );
}

/**
 * One workspace floods the gateway while another asks for little: the little is served, and the flood still gets the rest of
 * the places.
 */
export async function checkFairness(stack: Stack, overload: Overload): Promise<void> {
  const [noisy, quiet] = [await stack.createWorkspace(), await stack.createWorkspace()];
  const capacity = (overload.places * 1_000) / overload.latencyMs;
  const model = `mock?chunks=1&latency=${overload.latencyMs}`;
  const load = { proxyUrl: stack.proxyUrl, model, connections: overload.places * 4 };
  const flood = startPacedLoad({ ...load, apiKey: noisy.apiKey, perSecond: overload.perSecond });
  await delay(overload.latencyMs);
  const trickle = startPacedLoad({ ...load, apiKey: quiet.apiKey, perSecond: Math.ceil(capacity / 10) });
  await delay(overload.seconds * 1_000);
  const [little, much] = [await trickle.stop(), await flood.stop()];
  const servedShare = 1 - little.failed / little.sent;
  report(
    `beside a workspace that offers ${overload.perSecond} requests/s to ${overload.places} places of ${overload.latencyMs} ms, one that ` +
      `offers ${Math.ceil(capacity / 10)}/s: ${(100 * servedShare).toFixed(1)} % of ${little.sent} served, in ` +
      `${distribution(durationsOf(trickle.entries), "ms")}; the flood ${(100 - (100 * much.failed) / much.sent).toFixed(1)} % of ${much.sent}`,
  );
  expect(servedShare).toBeGreaterThanOrEqual(leastTrickle);
  expect(much.sent - much.failed).toBeGreaterThan((capacity * overload.seconds) / 2);
}

/** Answers a second, without the beginning, when the first answers are still on their way, and what came after the end. */
function goodputOf(served: readonly PacedEntry[], { seconds, latencyMs }: Overload): number {
  const began = Math.min(...served.map(({ startedAt }) => startedAt));
  const from = began + latencyMs;
  const to = began + seconds * 1_000;
  const within = served.filter(({ startedAt, durationMs }) => {
    const endedAt = startedAt + durationMs;
    return endedAt >= from && endedAt < to;
  });
  return within.length / ((to - from) / 1_000);
}

function durationsOf(entries: readonly PacedEntry[]): number[] {
  return entries.map(({ durationMs }) => durationMs);
}

/** The client's, the provider's, the log's and the counters' numbers of the same requests. */
async function auditBooks(
  stack: Stack,
  workspace: TestWorkspace,
  { entries, servedBefore }: { entries: readonly PacedEntry[]; servedBefore: number },
): Promise<void> {
  const served = entries.filter(({ status }) => status === 200).length;
  const rows = await stack.rows.untilLogged(workspace.id, answeredIds(entries), 60_000);
  expect(rows).toHaveLength(entries.length);
  expect(rows.filter(({ status_code }) => status_code === 200)).toHaveLength(served);
  expect(new Set(rows.map(({ error_code }) => error_code))).toEqual(new Set([null, "overloaded"]));
  expect((await stack.mock.totals()).requests - servedBefore).toBe(served);
  expect(await stack.rows.counters(workspace.id)).toMatchObject({
    requests: entries.length,
    errors: entries.length - served,
    aborted: 0,
  });
}
