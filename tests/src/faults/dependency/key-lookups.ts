import { generateApiKey } from "@perpetuo/security/api-key";
import { expect } from "vitest";
import { distribution, report } from "../../harness/figures.ts";
import { chat, createGatewayClient, type GatewayClient } from "../../harness/gateway-client.ts";
import { untilInFlight } from "../../harness/proxy-metrics.ts";
import type { Stack } from "../../harness/stack.ts";
import { waitingLookups, whileKeysAreLocked } from "./database-sessions.ts";

/**
 * Many invented keys ask nothing, one unknown key asks once, and many first uses of one key at once share one query a
 * thread. Which queries there are is seen by holding them up.
 */
export async function checkLookupHerd(stack: Stack, threads: number, atOnce: number): Promise<void> {
  await using client = createGatewayClient(stack.proxyUrl, atOnce);
  await checkInventedKeys(stack, client, atOnce);
  // The connections are there now, so that the herd arrives while its one look-up may still wait.
  const { apiKey } = await stack.createWorkspace();
  const herd = await whileKeysAreLocked(stack, async () => {
    const calls = Array.from({ length: atOnce }, () => ask(client, apiKey));
    await untilInFlight(stack.proxyUrl, atOnce);
    return { calls, queries: await waitingLookups(stack, 1), releasedAt: performance.now() };
  });
  const answers = await Promise.all(herd.calls);
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(herd.queries).toBeLessThanOrEqual(threads);
  const waits = answers.map(({ endedAt }) => endedAt - herd.releasedAt);
  report(
    `${atOnce} first uses of one key at once: ${herd.queries} queries on ${threads} threads, answered ` +
      `${distribution(waits, "ms")} after the database's word`,
  );
}

async function checkInventedKeys(stack: Stack, client: GatewayClient, atOnce: number): Promise<void> {
  const unknown = generateApiKey().text;
  const refused = await Promise.all(Array.from({ length: 64 }, () => ask(client, unknown)));
  const invented = await whileKeysAreLocked(stack, () =>
    Promise.all([
      ...Array.from({ length: atOnce }, (_, index) => ask(client, inventedKey(index))),
      ...Array.from({ length: atOnce }, () => ask(client, unknown)),
    ]),
  );
  expect(new Set([...refused, ...invented].map(({ status }) => status))).toEqual(new Set([401]));
  report(
    `${atOnce} invented keys and ${atOnce} uses of one unknown key while the table is locked: all 401 within ` +
      `${Math.max(...invented.map(({ durationMs }) => durationMs)).toFixed(0)} ms, 0 queries`,
  );
}

type Asked = { status: number; endedAt: number; durationMs: number };

async function ask(client: GatewayClient, apiKey: string): Promise<Asked> {
  const sentAt = performance.now();
  // Answered with its plan, so that the wait is the gateway's alone.
  const headers = { "x-perpetuo-explain": "1" };
  const { status } = await client.call({ apiKey, headers, body: chat("mock-fast") });
  const endedAt = performance.now();
  return { status, endedAt, durationMs: endedAt - sentAt };
}

/** The length and the alphabet of a key, and a checksum that does not fit. */
function inventedKey(index: number): string {
  const body = index.toString(16).padStart(40, "a");
  return `pk_${body}00000000`;
}
