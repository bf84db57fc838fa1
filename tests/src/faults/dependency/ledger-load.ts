import { createGatewayClient, type GatewayClient } from "../../harness/gateway-client.ts";
import type { Stack } from "../../harness/stack.ts";
import type { TestWorkspace } from "../../harness/workspace.ts";
import { assertLedger, type LedgerBalance } from "../../ledger/assert-ledger.ts";
import { type ClientLedger, createClientLedger } from "../../ledger/client-ledger.ts";

export type TimedRequest = {
  startedAt: number;
  durationMs: number;
  outcome: string;
  errorCode: string | null;
};

/** Requests one after another on several connections, each in the ledger, until it is stopped. */
export type LedgerLoad = {
  /** How long each took, in the order of their ends. */
  readonly timed: readonly TimedRequest[];
  /** Waits for what is in flight and joins the books. */
  stop(check?: { mayBreak?: number; rowsWithinMs?: number }): Promise<LedgerBalance>;
};

const connections = 8;

export function startLedgerLoad(stack: Stack, workspace: TestWorkspace, run: string): LedgerLoad {
  const client: GatewayClient = createGatewayClient(stack.proxyUrl, connections);
  const ledger: ClientLedger = createClientLedger(client, run);
  const timed: TimedRequest[] = [];
  let running = true;
  const worker = async (): Promise<void> => {
    while (running) {
      const startedAt = performance.now();
      const isStream = timed.length % 3 === 2;
      const { record } = await ledger.send({
        workspace,
        model: isStream ? "mock?chunks=5&pace=2&echo=1" : "mock?chunks=5&latency=5&echo=1",
        members: isStream ? { stream: true } : {},
      });
      const { outcome, errorCode } = record;
      timed.push({ startedAt, durationMs: performance.now() - startedAt, outcome, errorCode });
    }
  };
  const workers = Array.from({ length: connections }, worker);
  return {
    timed,
    async stop(check = {}) {
      running = false;
      await Promise.all(workers);
      const balance = await assertLedger({ stack, ledger, ...check });
      await client[Symbol.asyncDispose]();
      return balance;
    },
  };
}

/** How long the requests took that began in this time. */
export function durationsBetween(load: LedgerLoad, from: number, to: number): number[] {
  return load.timed
    .filter(({ startedAt }) => startedAt >= from && startedAt < to)
    .map(({ durationMs }) => durationMs);
}
