import { expect } from "vitest";
import { report } from "../harness/figures.ts";
import { createGatewayClient } from "../harness/gateway-client.ts";
import { startStack } from "../harness/stack.ts";
import { auditLedger } from "./audit.ts";
import { sendMixedTraffic } from "./traffic.ts";

/** Sends `count` mixed requests through two threads and holds all books together. */
export async function checkThatAccountsBalance(count: number): Promise<void> {
  await using stack = await startStack({ threads: 2 });
  await using client = createGatewayClient(stack.proxyUrl, 64);
  const workspace = await stack.createWorkspace();
  const started = performance.now();
  const entries = await sendMixedTraffic({
    client,
    apiKey: workspace.apiKey,
    count,
    concurrency: 48,
    run: "ledger",
  });
  const seconds = (performance.now() - started) / 1000;
  expect(entries).toHaveLength(count);
  const balance = await auditLedger(stack, workspace, entries);
  report(
    `accounts balance: ${count} requests in ${seconds.toFixed(1)} s; ${balance.answered} answered + ` +
      `${balance.aborted} aborted = ${balance.rows} rows = counters; ${balance.refusedCredentials} refused credentials without a row`,
  );
}
