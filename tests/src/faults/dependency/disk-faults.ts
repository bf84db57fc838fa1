import { readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { report } from "../../harness/figures.ts";
import { chat, createGatewayClient, errorCode } from "../../harness/gateway-client.ts";
import { readMetric } from "../../harness/proxy-metrics.ts";
import type { Stack } from "../../harness/stack.ts";
import { type LoadEntry, startSteadyLoad } from "../../harness/steady-load.ts";
import { waitUntil } from "../../harness/wait-until.ts";
import { mountSpool } from "./mounted-spool.ts";

const lostMetric = "perpetuo_log_rows_lost_total";

/**
 * The disk below the spool fills up under load. Requests are refused before they cost anything, but for those that were
 * under way; what could not be logged is counted. The gateway serves again when there is room.
 */
export async function checkRefusingDisk(stack: Stack): Promise<void> {
  await stack.proxy().stop();
  await using spool = await mountSpool(stack, { kind: "memory", bytes: 1_048_576 });
  await stack.startProxy();
  const ballast = path.join(spool.folder, "ballast");
  await refuseWhile(stack, { begin: () => fill(ballast), end: () => rm(ballast) });
  await stack.proxy().stop();
}

async function refuseWhile(
  stack: Stack,
  { begin, end }: { begin: () => Promise<void>; end: () => Promise<void> },
): Promise<void> {
  await using client = createGatewayClient(stack.proxyUrl);
  const workspace = await stack.createWorkspace();
  const lostBefore = await readMetric(stack.proxyUrl, lostMetric);
  const load = startSteadyLoad({ ...stack, ...workspace, concurrency: 8, run: "full-disk", bodyOf: whole });
  await waitUntil(async () => (load.entries.length > 50 ? true : null), { what: "load", timeoutMs: 10_000 });
  await begin();
  await waitUntil(
    async () => (load.entries.slice(-200).filter(({ status }) => status === 503).length > 100 ? true : null),
    { what: "requests to be refused", timeoutMs: 10_000 },
  );
  const refused = await client.call({ ...workspace, body: chat("mock-fast") });
  expect([refused.status, errorCode(refused.body)]).toEqual([503, "spool_full"]);
  await stack.mock.forget();
  await delay(500);
  const calledMeanwhile = (await stack.mock.totals()).requests;
  await end();
  await waitUntil(async () => (load.entries.at(-1)?.status === 200 ? true : null), {
    what: "requests to be served again",
    timeoutMs: 10_000,
  });
  const entries = await load.stop();
  expect(new Set(entries.map(({ outcome }) => outcome))).toEqual(new Set(["answered"]));
  const served = entries.filter(({ status }) => status === 200).map(({ requestId }) => requestId);
  // A refusal at the door has a row once the disk takes it again; before that, and for what was under way, it is counted.
  const sent = entries.length + 1;
  const lost = await waitUntil(
    async () => {
      const counted = (await readMetric(stack.proxyUrl, lostMetric)) - lostBefore;
      return (await stack.rows.count(workspace.id)) + counted === sent ? counted : null;
    },
    { what: "rows and counted losses to be all requests", timeoutMs: 20_000 },
  );
  const rows = await stack.rows.all(workspace.id);
  const logged = new Set(
    rows.filter(({ status_code }) => status_code === 200).map(({ request_id }) => request_id),
  );
  expect(served.filter((requestId) => !logged.has(requestId))).toEqual([]);
  expect(calledMeanwhile).toBeLessThanOrEqual(8);
  report(
    `a full disk below the spool: ${served.length} served and logged, ${sent - served.length} refused with 503, of which ` +
      `${lost} could not be logged and are counted; ${calledMeanwhile} calls to the provider in half a second meanwhile`,
  );
}

/** Answers that are held back until their record is written, so that each says whether it was. */
const whole = (): object => chat("mock?chunks=5");

/** Takes all the room there is. */
async function fill(file: string): Promise<void> {
  for (const piece of [1_048_576, 65_536, 4096, 1]) {
    const bytes = Buffer.alloc(piece, "x");
    await writeUntilFull(file, bytes);
  }
}

async function writeUntilFull(file: string, bytes: Buffer): Promise<void> {
  try {
    for (;;) await writeFile(file, bytes, { flag: "a" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

/** How long before a power cut an answer may have been given whose record is gone with it, in milliseconds. */
const mostLostMs = 8_000;

/** The power of the machine fails while PostgreSQL is away: what was written through is there after the start. */
export async function checkPowerCut(stack: Stack): Promise<void> {
  await stack.proxy().stop();
  await using spool = await mountSpool(stack, { kind: "journaled", megabytes: 64 });
  await stack.startProxy();
  const workspace = await stack.createWorkspace();
  const load = startSteadyLoad({ ...stack, ...workspace, concurrency: 4, run: "power" });
  await waitUntil(async () => (load.entries.length > 50 ? true : null), { what: "load", timeoutMs: 10_000 });
  await stack.postgres.stop();
  // Longer than the pauses between two attempts to flush, after each of which what waits is written through.
  await delay(11_000);
  const cutAt = performance.now();
  await spool.cutPower();
  await stack.proxy().killHard();
  const entries = await load.stop();
  await spool.replug();
  await stack.postgres.start();
  await stack.startProxy();
  await checkSurvivors(stack, { workspaceId: workspace.id, entries, cutAt });
  await stack.proxy().stop();
}

async function checkSurvivors(
  stack: Stack,
  run: { workspaceId: string; entries: LoadEntry[]; cutAt: number },
): Promise<void> {
  const { workspaceId, entries, cutAt } = run;
  const answered = entries.filter(({ status, startedAt }) => status === 200 && startedAt < cutAt);
  const safe = answered.filter(({ startedAt }) => startedAt < cutAt - mostLostMs);
  expect(safe.length).toBeGreaterThan(0);
  await waitUntil(
    async () => {
      // What the dead process has left was adopted before the proxy was ready.
      const waiting = (await readdir(path.join(stack.dataDir, "spool"))).filter((name) =>
        name.endsWith(".sealed"),
      );
      return waiting.length === 0 ? true : null;
    },
    { what: "the spool to be flushed", timeoutMs: 30_000 },
  );
  const there = new Set((await stack.rows.all(workspaceId)).map(({ request_id }) => request_id));
  const lost = answered.filter(({ requestId }) => !there.has(requestId));
  expect(lost.filter(({ startedAt }) => startedAt < cutAt - mostLostMs)).toEqual([]);
  const oldest = Math.max(0, ...lost.map(({ startedAt }) => cutAt - startedAt));
  report(
    `power cut while PostgreSQL is away: ${lost.length} of ${answered.length} answers lost, the oldest given ` +
      `${(oldest / 1000).toFixed(1)} s before it`,
  );
}
