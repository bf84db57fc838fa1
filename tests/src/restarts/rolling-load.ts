import { setTimeout as delay } from "node:timers/promises";
import { createGatewayClient, type GatewayClient } from "../harness/gateway-client.ts";
import type { TestWorkspace } from "../harness/workspace.ts";
import { type ClientLedger, createClientLedger, type IntentPlan } from "../ledger/client-ledger.ts";

export type RollingLoadPlan = {
  proxyUrl: string;
  workspace: TestWorkspace;
  /** Small requests a second, sent on time whatever happens to those before. */
  perSecond: number;
  /** Streams that are open at any time. */
  streams: number;
  streamMs: number;
};

/** Requests and long streams that go on through restarts, every one in the ledger. */
export type RollingLoad = {
  ledger: ClientLedger;
  /** Sends nothing new and waits for what is under way. */
  stop(): Promise<void>;
};

const tickMs = 10;
/** Between two chunks of a stream. */
const paceMs = 100;

/** Of three requests two go over kept-alive connections; the third opens one of its own. */
function mixConnections(proxyUrl: string): GatewayClient {
  const kept = createGatewayClient(proxyUrl, 512);
  const fresh = createGatewayClient(proxyUrl, 512, "fresh");
  let sent = 0;
  return {
    ...kept,
    call: (call) => (sent++ % 3 === 0 ? fresh : kept).call(call),
    async [Symbol.asyncDispose]() {
      await kept[Symbol.asyncDispose]();
      await fresh[Symbol.asyncDispose]();
    },
  };
}

export function startRollingLoad(plan: RollingLoadPlan): RollingLoad {
  const client = mixConnections(plan.proxyUrl);
  const ledger = createClientLedger(client, "rolling");
  const underWay = new Set<Promise<unknown>>();
  let isRunning = true;
  const send = async (members: Omit<IntentPlan, "workspace">): Promise<void> => {
    const sending = ledger.send({ workspace: plan.workspace, ...members });
    underWay.add(sending);
    await sending;
    underWay.delete(sending);
  };

  const request = (number: number): IntentPlan => ({
    workspace: plan.workspace,
    model: "mock?chunks=4&echo=1",
    members: number % 4 === 3 ? { stream: true } : {},
    // Every other one is counted against limits, which no restart may forget or make up.
    ...(number % 2 === 0 ? {} : { apiKey: plan.workspace.apiKeys[1]?.text ?? plan.workspace.apiKey }),
  });
  const requests = async (): Promise<void> => {
    const startedAt = performance.now();
    for (let number = 0; isRunning; await delay(tickMs)) {
      const due = ((performance.now() - startedAt) / 1_000) * plan.perSecond;
      while (number < due) void send(request(number++));
    }
  };
  const streams = async (index: number): Promise<void> => {
    // One after the other, so that at any time some begin, some end and most are in between.
    await delay((plan.streamMs / plan.streams) * index);
    const model = `mock?chunks=${Math.ceil(plan.streamMs / paceMs)}&pace=${paceMs}&echo=1`;
    while (isRunning) await send({ model, members: { stream: true } });
  };
  const running = [requests(), ...Array.from({ length: plan.streams }, (_, index) => streams(index))];
  return {
    ledger,
    async stop() {
      isRunning = false;
      await Promise.all(running);
      await Promise.all(underWay);
      await client[Symbol.asyncDispose]();
    },
  };
}
