import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { report } from "../../harness/figures.ts";
import { createGatewayClient } from "../../harness/gateway-client.ts";
import type { Stack } from "../../harness/stack.ts";
import { assertLedger } from "../../ledger/assert-ledger.ts";
import { createClientLedger } from "../../ledger/client-ledger.ts";
import { administer } from "./database-sessions.ts";

/** Runs the gateway on a wall clock that a file sets ahead or back. */
export function clockEnvironment(file: string): Record<string, string> {
  return {
    NODE_OPTIONS: `--import ${new URL("./clock.test-preload.ts", import.meta.url).href}`,
    PERPETUO_TEST_CLOCK_FILE: file,
  };
}

const hourMs = 3_600_000;
const limit = 10;

/**
 * The wall clock jumps an hour ahead, two back and home again, under requests that are limited and measured. No duration
 * is negative, no rate limit is refilled by the jump, every request has its row.
 */
export async function checkClockJumps(stack: Stack, clockFile: string): Promise<void> {
  await using client = createGatewayClient(stack.proxyUrl);
  const workspace = await stack.createWorkspace({
    apiKeys: [{}, { limits: { requests_per_minute: limit } }],
  });
  const limited = workspace.apiKeys[1]?.text ?? "";
  const ledger = createClientLedger(client, "clock");
  const began = performance.now();
  let passed = 0;
  for (const offsetMs of [0, hourMs, -hourMs, 0]) {
    // A stream that is under way while the clock jumps.
    const stream = ledger.send({ workspace, model: "mock?chunks=10&pace=50", members: { stream: true } });
    await writeFile(clockFile, String(offsetMs));
    // Twice as long as the gateway takes to look at the file.
    await delay(120);
    for (let index = 0; index < 2 * limit; index++) {
      const { record } = await ledger.send({ workspace, apiKey: limited, model: "mock?chunks=1" });
      if (record.outcome === "ok") passed++;
      else expect(record.errorCode).toBe("rate_limit_exceeded");
    }
    expect((await stream).record.outcome).toBe("ok");
  }
  const minutes = (performance.now() - began) / 60_000;
  expect(passed).toBeGreaterThanOrEqual(limit);
  expect(passed).toBeLessThanOrEqual(limit + Math.ceil(limit * minutes));
  await assertLedger({ stack, ledger });
  const [worst] = await administer(
    stack,
    ({ sql }) => sql<{ shortest: number; longest: number }[]>`
      select min(least(duration_ms, overhead_us, coalesce(time_to_first_byte_ms, 0))) as shortest,
             max(duration_ms) as longest
      from request_logs where workspace_id = ${workspace.id}`,
  );
  expect(Number(worst?.shortest)).toBeGreaterThanOrEqual(0);
  expect(Number(worst?.longest)).toBeLessThan(60_000);
  report(
    `the clock an hour ahead, an hour behind and back: ${passed} requests passed a limit of ${limit} a minute in ` +
      `${(minutes * 60).toFixed(1)} s, durations ${Number(worst?.shortest)} to ${Number(worst?.longest)} ms`,
  );
}
