import { expect, it } from "vitest";
import { report } from "../harness/figures.ts";
import { chat, createGatewayClient, errorCode } from "../harness/gateway-client.ts";
import { readMetric, untilInFlight } from "../harness/proxy-metrics.ts";
import { startStack } from "../harness/stack.ts";
import { waitUntil } from "../harness/wait-until.ts";
import { blockable } from "./blocking.ts";

const streams = 100;
/** Longer than the delay that a thread may have. */
const blockMs = 150;
const maxDelayMs = 100;

it("a thread late for seconds · takes on less than it has, and everything again when it is in time", async () => {
  const environment = { ...blockable, PERPETUO_MAX_LOOP_DELAY_MS: String(maxDelayMs) };
  await using stack = await startStack({ environment });
  await using client = createGatewayClient(stack.proxyUrl, streams * 2);
  const { apiKey } = await stack.createWorkspace();
  const over = new AbortController();
  const open = Array.from({ length: streams }, () =>
    client
      .call({ apiKey, body: chat("mock?chunks=endless&pace=1000", { stream: true }), signal: over.signal })
      .catch(() => null),
  );
  await untilInFlight(stack.proxyUrl, streams);
  const stopBlocking = new AbortController();
  const blocking = (async () => {
    const headers = { "x-perpetuo-metadata": JSON.stringify({ block_ms: String(blockMs) }) };
    while (!stopBlocking.signal.aborted) await client.call({ apiKey, headers, body: chat("mock?chunks=1") });
  })();
  const beganAt = performance.now();
  const refused = await waitUntil(
    async () => {
      const answer = await client.call({ apiKey, body: chat("mock?chunks=1") });
      return answer.status === 503 ? answer : null;
    },
    { what: "a refusal", timeoutMs: 30_000, details: stack.proxy().log },
  );
  const refusedMs = performance.now() - beganAt;
  expect(errorCode(refused.body)).toBe("overloaded");
  expect(refused.headers["retry-after"]).toBe("1");
  expect(await readMetric(stack.proxyUrl, "perpetuo_shed_total", 'reason="event-loop"')).toBeGreaterThan(0);
  stopBlocking.abort();
  await blocking;
  const endedAt = performance.now();
  await waitUntil(
    async () => ((await client.call({ apiKey, body: chat("mock?chunks=1") })).status === 200 ? true : null),
    { what: "an answer", timeoutMs: 30_000 },
  );
  report(
    `a thread with ${streams} streams, late by ${blockMs} ms all the time: refuses after ${(refusedMs / 1_000).toFixed(1)} s, ` +
      `serves again ${((performance.now() - endedAt) / 1_000).toFixed(1)} s after the last block`,
  );
  over.abort();
  await Promise.all(open);
});
