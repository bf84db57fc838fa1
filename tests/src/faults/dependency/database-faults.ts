import { setTimeout as delay } from "node:timers/promises";
import { generateApiKey } from "@perpetuo/security/api-key";
import { expect } from "vitest";
import { distribution, report } from "../../harness/figures.ts";
import { chat, createGatewayClient, errorCode, type GatewayClient } from "../../harness/gateway-client.ts";
import type { Stack } from "../../harness/stack.ts";
import { waitUntil } from "../../harness/wait-until.ts";
import { administer } from "./database-sessions.ts";
import { durationsBetween, startLedgerLoad } from "./ledger-load.ts";

/** What a look-up may take until it is given up, and what a loaded machine adds. */
const lookupPatienceMs = 6_000;

/** PostgreSQL is not there when the gateway starts: it lives, is not ready, says so, and becomes ready by itself. */
export async function checkLateDatabase(stack: Stack): Promise<void> {
  await using client = createGatewayClient(stack.proxyUrl);
  const { apiKey } = await stack.createWorkspace();
  await stack.proxy().stop();
  await stack.postgres.stop();
  const startedAt = performance.now();
  await stack.startProxy("alive");
  const aliveAfter = performance.now() - startedAt;
  const pids = await stack.proxy().pids();
  expect((await fetch(`${stack.proxyUrl}/ready`)).status).toBe(503);
  const refused = await client.call({ apiKey, body: chat("mock-fast") });
  expect([refused.status, errorCode(refused.body)]).toEqual([503, "auth_unavailable"]);
  await stack.postgres.start();
  const returnedAt = performance.now();
  await waitUntil(async () => ((await fetch(`${stack.proxyUrl}/ready`)).ok ? true : null), {
    what: "the gateway to be ready",
    timeoutMs: 20_000,
  });
  const readyAfter = performance.now() - returnedAt;
  expect((await client.call({ apiKey, body: chat("mock-fast") })).status).toBe(200);
  expect(await stack.proxy().pids()).toEqual(pids);
  report(
    `started without PostgreSQL: alive after ${(aliveAfter / 1000).toFixed(1)} s, ready ` +
      `${(readyAfter / 1000).toFixed(1)} s after its return, no process restarted`,
  );
}

/** Every packet to PostgreSQL and back takes seconds. Cached keys do not notice; unknown ones are told in time. */
export async function checkSlowDatabase(stack: Stack, latencyMs: number): Promise<void> {
  await using client = createGatewayClient(stack.proxyUrl);
  const workspace = await stack.createWorkspace();
  const load = startLedgerLoad(stack, workspace, "slow-database");
  await delay(3000);
  const slowAt = performance.now();
  stack.postgres.slowDown(latencyMs);
  const waits = await probeUnknownKeys(client, 3);
  await delay(2000);
  const fastAt = performance.now();
  stack.postgres.slowDown(0);
  const { requests } = await load.stop();
  expect(load.timed.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
  const [before, during] = [durationsBetween(load, 0, slowAt), durationsBetween(load, slowAt, fastAt)];
  report(
    `PostgreSQL ${latencyMs} ms away: cached keys ${distribution(during, "ms")}, before ${distribution(before, "ms")}`,
  );
  report(
    `PostgreSQL ${latencyMs} ms away: unknown keys told 503 after ${distribution(waits, "ms")}; all ${requests} rows there`,
  );
}

/** The look-ups' connections are all busy. The flush has its own, and cached keys need none. */
export async function checkBusyPool(stack: Stack): Promise<void> {
  await using client = createGatewayClient(stack.proxyUrl, 64);
  const workspace = await stack.createWorkspace();
  const load = startLedgerLoad(stack, workspace, "busy-pool");
  await waitUntil(async () => (load.timed.length > 20 ? true : null), { what: "load", timeoutMs: 10_000 });
  const counted = await administer(stack, async ({ sql }) => {
    const counts: number[] = [];
    await sql.begin(async (transaction) => {
      await transaction`lock table api_keys in access exclusive mode`;
      counts.push(await stack.rows.count(workspace.id));
      const waits = await probeUnknownKeys(client, 20);
      counts.push(await stack.rows.count(workspace.id));
      report(`every look-up connection busy: unknown keys told 503 after ${distribution(waits, "ms")}`);
    });
    return counts;
  });
  await load.stop();
  expect(load.timed.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
  const [before = 0, after = 0] = counted;
  expect(after).toBeGreaterThan(before);
  report(`every look-up connection busy: cached keys served, ${after - before} rows written meanwhile`);
}

/** Asks with so many keys that nobody has seen, and returns how long each waited for its 503. */
async function probeUnknownKeys(client: GatewayClient, count: number): Promise<number[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const sentAt = performance.now();
      const answer = await client.call({ apiKey: generateApiKey().text, body: chat("mock-fast") });
      const waitedMs = performance.now() - sentAt;
      expect([answer.status, errorCode(answer.body)]).toEqual([503, "auth_unavailable"]);
      expect(waitedMs).toBeLessThanOrEqual(lookupPatienceMs);
      return waitedMs;
    }),
  );
}

/** Connections are cut in the middle of flushes, and the server is restarted: nothing is lost and nothing twice. */
export async function checkInterruptedFlushes(
  stack: Stack,
  plan: { cuts: number; restarts: number },
): Promise<void> {
  const workspace = await stack.createWorkspace();
  const load = startLedgerLoad(stack, workspace, "interrupted");
  await waitUntil(async () => (load.timed.length > 20 ? true : null), { what: "load", timeoutMs: 10_000 });
  for (let cut = 0; cut < plan.cuts; cut++) {
    // Flushes come every 100 ms; steps of another length meet them at ever other moments.
    await delay(50 + ((cut * 37) % 130));
    stack.postgres.cut();
  }
  for (let restart = 0; restart < plan.restarts; restart++) {
    await stack.postgres.stop();
    await stack.postgres.start();
    await delay((restart * 37) % 130);
  }
  const balance = await load.stop();
  expect(load.timed.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
  report(
    `${plan.cuts} cut connections and ${plan.restarts} restarts of PostgreSQL under load: ` +
      `${balance.requests} requests, ${balance.rows} rows, 0 missing, 0 doubled`,
  );
}
