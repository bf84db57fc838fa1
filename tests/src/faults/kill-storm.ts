import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { distribution, report } from "../harness/figures.ts";
import { killAll, signal, untilEnded } from "../harness/process-tree.ts";
import { type Stack, startStack } from "../harness/stack.ts";
import { startSteadyLoad } from "../harness/steady-load.ts";
import { waitUntil } from "../harness/wait-until.ts";

/** How long the load runs before each kill, in milliseconds: ever another part of what the proxy does at intervals. */
const loadBeforeKillMs = (kill: number): number => 100 + ((kill * 137) % 500);

/** Whom a kill hits: every process at once, the serving process, or the supervisor. */
const victims = ["everything", "the serving process", "the supervisor"] as const;
type Victim = (typeof victims)[number];

/** Kills the proxy `kills` times under load, each victim in turn. Afterwards every answer has exactly one row. */
export async function checkThatKillsLoseNothing(kills: number): Promise<void> {
  await using stack = await startStack({ threads: 2 });
  const workspace = await stack.createWorkspace();
  const load = startSteadyLoad({
    proxyUrl: stack.proxyUrl,
    apiKey: workspace.apiKey,
    concurrency: 16,
    run: "storm",
  });
  const recoveries: { victim: Victim; seconds: number }[] = [];
  for (let kill = 0; kill < kills; kill++) {
    await delay(loadBeforeKillMs(kill));
    const victim = victims[kill % victims.length] ?? "everything";
    const killedAt = performance.now();
    await killVictim(stack, victim);
    recoveries.push({ victim, seconds: (performance.now() - killedAt) / 1000 });
  }
  await delay(loadBeforeKillMs(kills));
  const entries = await load.stop();

  const served = entries.filter((entry) => entry.status === 200);
  expect(served.length).toBeGreaterThan(0);
  const servedIds = served.map(({ requestId }) => requestId);
  await stack.rows.untilLogged(workspace.id, servedIds, 60_000);
  const { rows, counters } = await stack.rows.book(workspace.id);
  // Those of broken connections among them.
  const found = rows.map(({ request_id }) => request_id);
  expect(found.length).toBe(new Set(found).size);
  const sent = new Set(entries.map(({ requestId }) => requestId));
  expect(found.filter((requestId) => !sent.has(requestId))).toEqual([]);
  expect(counters.requests).toBe(found.length);
  const broken = entries.filter((entry) => entry.outcome === "broken").length;
  report(`kill -9 ×${kills}: ${served.length} answers, ${broken} broken connections, 0 missing, 0 doubled`);
  for (const victim of victims) {
    const seconds = recoveries.filter((each) => each.victim === victim).map((each) => each.seconds);
    report(`kill -9 of ${victim}: serving again after ${distribution(seconds, "s")}`);
  }
}

async function killVictim(stack: Stack, victim: Victim): Promise<void> {
  if (victim === "the serving process") {
    await killServingProcess(stack);
    return;
  }
  const proxy = stack.proxy();
  if (victim === "the supervisor") {
    const pids = await proxy.pids();
    signal(proxy.pid, "SIGKILL");
    // A serving process without its supervisor ends by itself.
    await untilEnded(pids);
  } else {
    await proxy.killHard();
  }
  await stack.startProxy();
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
