import { setTimeout as delay } from "node:timers/promises";
import { generateApiKey } from "@perpetuo/security/api-key";
import { expect } from "vitest";
import { distribution, report } from "../harness/figures.ts";
import { chat, createGatewayClient, errorCode, type GatewayClient } from "../harness/gateway-client.ts";
import { startStack } from "../harness/stack.ts";
import { type LoadEntry, startSteadyLoad } from "../harness/steady-load.ts";

/** Load before the outage and after it, in milliseconds. */
const aroundMs = 1500;

/**
 * Stops PostgreSQL for a while under load. A key in the cache is served throughout, a key that nobody has seen is answered
 * with 503 instead of 401, and every row arrives when the database is back.
 */
export async function checkDatabaseOutage(outageMs: number): Promise<void> {
  await using stack = await startStack({ threads: 2, postgres: "own" });
  await using client = createGatewayClient(stack.proxyUrl, 8);
  const workspace = await stack.createWorkspace();
  const load = startSteadyLoad({
    proxyUrl: stack.proxyUrl,
    apiKey: workspace.apiKey,
    concurrency: 8,
    run: "outage",
  });
  await delay(aroundMs);
  await stack.postgres.stop();
  const outageBegan = performance.now();
  const unknownKeys = await probeUnknownKeys(client, outageMs);
  await stack.postgres.start();
  const outageEnded = performance.now();
  await delay(aroundMs);
  const entries = await load.stop();

  expect(entries.filter((entry) => entry.status !== 200)).toEqual([]);
  const during = entries.filter((entry) => entry.startedAt > outageBegan && entry.startedAt < outageEnded);
  expect(during.length).toBeGreaterThan(0);
  expect(new Set(unknownKeys)).toEqual(new Set(["503 auth_unavailable", "401 invalid_api_key"]));

  const rows = await stack.rows.untilLogged(
    workspace.id,
    entries.map(({ requestId }) => requestId),
    60_000,
  );
  const arrivalMs = performance.now() - outageEnded;
  expect(rows.map((row) => row.request_id).sort()).toEqual(entries.map((entry) => entry.requestId).sort());
  report(
    `PostgreSQL away for ${(outageMs / 1000).toFixed(0)} s: ${during.length} requests served meanwhile, ` +
      `${durations(during)}; all ${entries.length} rows there ${(arrivalMs / 1000).toFixed(1)} s after its return`,
  );
}

/** Asks with keys that the gateway has never seen: well-formed ones, and one that cannot be a key. */
async function probeUnknownKeys(client: GatewayClient, forMs: number): Promise<string[]> {
  const until = performance.now() + forMs;
  const seen: string[] = [];
  while (performance.now() < until) {
    const answers = await Promise.all(
      [generateApiKey().text, "pk_not-a-key"].map((apiKey) =>
        client.call({ apiKey, body: chat("mock-fast") }),
      ),
    );
    seen.push(...answers.map((answer) => `${answer.status} ${errorCode(answer.body)}`));
    await delay(100);
  }
  return seen;
}

function durations(entries: LoadEntry[]): string {
  return distribution(
    entries.map((entry) => entry.durationMs),
    "ms",
  );
}
