import { setInterval as everyInterval } from "node:timers/promises";
import { chat, createGatewayClient } from "./gateway-client.ts";

/** Open-loop load: requests leave on time whether or not earlier ones have been answered. */
export type PacedLoad = {
  /** Stops and waits for what is in flight. `perSecond` is the rate that was really reached. */
  stop(): Promise<{ sent: number; failed: number; perSecond: number }>;
};

const tickMs = 10;

/** Sends `perSecond` small whole requests a second. */
export function startPacedLoad(options: { proxyUrl: string; apiKey: string; perSecond: number }): PacedLoad {
  const client = createGatewayClient(options.proxyUrl, 64);
  const stop = new AbortController();
  const inFlight = new Set<Promise<void>>();
  const startedAt = performance.now();
  let sent = 0;
  let failed = 0;

  const sendOne = (): void => {
    sent += 1;
    const call = client
      .call({ apiKey: options.apiKey, body: chat("mock?chunks=1") })
      .then((answer) => {
        if (answer.status !== 200) failed += 1;
      })
      .catch(() => {
        failed += 1;
      })
      .finally(() => inFlight.delete(call));
    inFlight.add(call);
  };
  const running = (async () => {
    for await (const _ of everyInterval(tickMs)) {
      if (stop.signal.aborted) return;
      const due = ((performance.now() - startedAt) / 1000) * options.perSecond;
      while (sent < due) sendOne();
    }
  })();
  return {
    async stop() {
      stop.abort();
      await running;
      await Promise.all(inFlight);
      const seconds = (performance.now() - startedAt) / 1000;
      await client[Symbol.asyncDispose]();
      return { sent, failed, perSecond: sent / seconds };
    },
  };
}
