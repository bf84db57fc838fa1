import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { report } from "../harness/figures.ts";
import { killAll } from "../harness/process-tree.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { startSteadyLoad } from "../harness/steady-load.ts";
import { waitUntil } from "../harness/wait-until.ts";

/** How long the load runs before each kill, in milliseconds. */
const loadBeforeKillMs = 700;

/**
 * Kills the proxy `kills` times under load: by turns all of its processes at once, and the serving process alone, which the
 * supervisor then replaces. Afterwards every answer has exactly one row.
 */
export async function checkThatKillsLoseNothing(kills: number): Promise<void> {
  await using stack = await startStack({ threads: 2 });
  const workspace = await stack.createWorkspace();
  const load = startSteadyLoad({
    proxyUrl: stack.proxyUrl,
    apiKey: workspace.apiKey,
    concurrency: 16,
    run: "storm",
  });
  const recoveryMs: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    await delay(loadBeforeKillMs);
    const killedAt = performance.now();
    if (kill % 2 === 0) {
      await stack.proxy().killHard();
      await stack.startProxy();
    } else {
      await killServingProcess(stack);
    }
    recoveryMs.push(performance.now() - killedAt);
  }
  await delay(loadBeforeKillMs);
  const entries = await load.stop();

  const answered = entries.filter((entry) => entry.outcome === "answered");
  const served = answered.filter((entry) => entry.status === 200);
  expect(served.length).toBeGreaterThan(0);
  // An answer of 503 while the gateway comes up has no row when the key could not be checked yet.
  const owed = new Set(served.map((entry) => entry.requestId));
  const rows = await stack.rows.untilCount(workspace.id, owed.size, 60_000);
  const found = rows.map((row) => row.request_id);
  expect([...owed].filter((requestId) => !found.includes(requestId))).toEqual([]);
  expect(found.length).toBe(new Set(found).size);
  const counters = await stack.rows.counters(workspace.id);
  expect(counters.requests).toBe(await stack.rows.count(workspace.id));
  report(
    `kill -9 ×${kills}: ${served.length} answers, ${entries.length - answered.length} broken connections, ` +
      `0 missing, 0 doubled; serving again after ${Math.max(...recoveryMs).toFixed(0)} ms at most`,
  );
}

/** Kills the proxy's children and waits until the supervisor has replaced them. */
async function killServingProcess(stack: Stack): Promise<void> {
  const proxy = stack.proxy();
  const children = (await proxy.pids()).filter((pid) => pid !== proxy.pid);
  expect(children.length).toBeGreaterThan(0);
  await killAll(children);
  await waitUntil(async () => ((await fetch(`${stack.proxyUrl}/ready`)).ok ? true : null), {
    what: "the supervisor to replace its child",
    timeoutMs: 15_000,
    details: proxy.log,
  });
}
