import { setTimeout as delay } from "node:timers/promises";
import { chat, createGatewayClient } from "./gateway-client.ts";

/** One request of the load. `answered` holds only for those whose answer arrived to its last byte. */
export type LoadEntry = {
  requestId: string;
  outcome: "answered" | "broken";
  status: number | null;
  startedAt: number;
  durationMs: number;
};

export type LoadOptions = {
  proxyUrl: string;
  apiKey: string;
  /** Requests in flight at any time. */
  concurrency: number;
  /** Chosen by the number of the request. */
  bodyOf?: (number: number) => object;
  /** Makes the request ids of one load differ from another's. */
  run: string;
};

/** Load that goes on until it is stopped, through failures of the gateway. */
export type SteadyLoad = {
  entries: LoadEntry[];
  /** Waits for the requests in flight, and returns all. */
  stop(): Promise<LoadEntry[]>;
};

/** After a refused connection the worker waits, so that a proxy that is down does not get a busy loop. */
const pauseAfterFailureMs = 20;

export function startSteadyLoad(options: LoadOptions): SteadyLoad {
  const client = createGatewayClient(options.proxyUrl, options.concurrency);
  const bodyOf = options.bodyOf ?? mixedBody;
  const entries: LoadEntry[] = [];
  let running = true;
  let next = 0;

  const one = async (number: number): Promise<void> => {
    const requestId = `${options.run}-${number}`;
    const startedAt = performance.now();
    const note = (outcome: LoadEntry["outcome"], status: number | null): void => {
      entries.push({ requestId, outcome, status, startedAt, durationMs: performance.now() - startedAt });
    };
    try {
      const headers = { "x-request-id": requestId };
      const answer = await client.call({ apiKey: options.apiKey, body: bodyOf(number), headers });
      note("answered", answer.status);
    } catch {
      note("broken", null);
      await delay(pauseAfterFailureMs);
    }
  };
  const worker = async (): Promise<void> => {
    while (running) await one(next++);
  };
  const workers = Array.from({ length: options.concurrency }, worker);
  return {
    entries,
    async stop() {
      running = false;
      await Promise.all(workers);
      await client[Symbol.asyncDispose]();
      return entries;
    },
  };
}

/** Two whole answers, then a short stream. */
function mixedBody(number: number): object {
  return number % 3 === 2 ? chat("mock?chunks=5&pace=2", { stream: true }) : chat("mock?chunks=5");
}
