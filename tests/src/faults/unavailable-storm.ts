import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { startFailingUpstream } from "../harness/failing-upstream.ts";
import { distribution, report } from "../harness/figures.ts";
import { answeredIds, startPacedLoad } from "../harness/paced-load.ts";
import { startStack } from "../harness/stack.ts";
import { waitUntil } from "../harness/wait-until.ts";

const secret = "sk-storm-0000";
/** Calls for a request of the storm, from its first on. */
const mostCallsPerRequest = 1.2;
const recoveryMs = 45_000;
const servedAfterRecovery = 0.999;

export type Storm = { perSecond: number; stormMs: number; calmMs: number };

/**
 * The only upstream answers 503 to everything for a while, under steady load. It is hardly called meanwhile; clients are
 * told at once; and when it is well again, so are they. Afterwards every request has its row.
 */
export async function checkStorm({ perSecond, stormMs, calmMs }: Storm): Promise<void> {
  await using stack = await startStack({ threads: 2 });
  await using upstream = await startFailingUpstream(stack.mockUrl);
  const workspace = await stack.createWorkspace({ providerKeys: [{ secret, base_url: upstream.baseUrl }] });
  const load = startPacedLoad({ proxyUrl: stack.proxyUrl, apiKey: workspace.apiKey, perSecond });
  await waitUntil(async () => (load.entries.some(({ status }) => status === 200) ? true : null), {
    what: "the first answer",
    timeoutMs: 10_000,
  });
  const stormBegan = performance.now();
  upstream.refuse(secret, { status: 503 });
  await delay(stormMs);
  const stormEnded = performance.now();
  upstream.recover(secret);
  const recoveredAt = await waitUntil(
    async () =>
      load.entries.findLast(({ startedAt }) => startedAt > stormEnded && lastAreServed(load))?.startedAt ??
      null,
    { what: "answers after the storm", timeoutMs: recoveryMs },
  );
  await delay(calmMs);
  const { sent } = await load.stop();

  const within = (from: number, to: number) =>
    load.entries.filter(({ startedAt }) => startedAt >= from && startedAt < to);
  const during = within(stormBegan, stormEnded);
  const calls = upstream.calls(secret).filter((at) => at >= stormBegan && at < stormEnded).length;
  expect(during.length).toBeGreaterThan(100);
  expect(calls / during.length).toBeLessThanOrEqual(mostCallsPerRequest);
  expect(new Set(within(stormBegan + 1_000, stormEnded - 1_000).map(({ status }) => status))).toEqual(
    new Set([503]),
  );
  const after = within(recoveredAt, Number.POSITIVE_INFINITY);
  const served = after.filter(({ status }) => status === 200).length;
  expect(served / after.length).toBeGreaterThanOrEqual(servedAfterRecovery);
  const rows = await stack.rows.untilLogged(workspace.id, answeredIds(load.entries), 60_000);
  expect(rows).toHaveLength(sent);
  report(
    `503 to everything for ${(stormMs / 1000).toFixed(0)} s at ${perSecond} requests/s: ` +
      `${(calls / during.length).toFixed(3)} calls a request (${calls} ÷ ${during.length}), refused in ` +
      `${distribution(
        during.map(({ durationMs }) => durationMs),
        "ms",
      )}; ` +
      `well again ${((recoveredAt - stormEnded) / 1000).toFixed(1)} s after it, then ${served} of ${after.length} served`,
  );
}

/** A second's worth of answers without a failure. */
function lastAreServed(load: ReturnType<typeof startPacedLoad>): boolean {
  const last = load.entries.slice(-100);
  return last.length === 100 && last.every(({ status }) => status === 200);
}
