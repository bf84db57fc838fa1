import { setInterval as everyInterval } from "node:timers/promises";
import { chat, createGatewayClient, type GatewayAnswer, headerOf, requestIdOf } from "./gateway-client.ts";

/** One request of the load: when it was sent, and its answer's status and id; null when the connection broke. */
export type PacedEntry = {
  status: number | null;
  requestId: string | null;
  /** What the answer says of the config and the model that served it; null where it says nothing. */
  configVersion: string | null;
  upstreamModel: string | null;
  startedAt: number;
  durationMs: number;
};

/** Open-loop load: requests leave on time whether or not earlier ones have been answered. */
export type PacedLoad = {
  /** Stops and waits for what is in flight. `perSecond` is the rate that was really reached. */
  stop(): Promise<{ sent: number; failed: number; perSecond: number }>;
  /** What has been answered so far, in the order of the answers. */
  readonly entries: readonly PacedEntry[];
};

/** The ids of the requests that have been answered. */
export function answeredIds(entries: readonly PacedEntry[]): string[] {
  return entries.flatMap(({ requestId }) => requestId ?? []);
}

export type PacedLoadOptions = {
  proxyUrl: string;
  apiKey: string;
  perSecond: number;
  /** Asks the mock provider for a behaviour; absent: a short answer at once. */
  model?: string;
  /** Absent: 64. Fewer than requests are in flight would make the load wait for answers. */
  connections?: number;
};

const tickMs = 5;

/** Sends `perSecond` small whole requests a second. */
export function startPacedLoad(options: PacedLoadOptions): PacedLoad {
  const client = createGatewayClient(options.proxyUrl, options.connections ?? 64);
  const body = chat(options.model ?? "mock?chunks=1");
  const stop = new AbortController();
  const inFlight = new Set<Promise<void>>();
  const startedAt = performance.now();
  const entries: PacedEntry[] = [];
  let sent = 0;

  const sendOne = (): void => {
    sent += 1;
    const sentAt = performance.now();
    const note = (answer: GatewayAnswer | null): void => {
      const headers = answer?.headers ?? {};
      entries.push({
        status: answer?.status ?? null,
        requestId: answer === null ? null : requestIdOf(answer),
        configVersion: headerOf(headers, "x-perpetuo-config-version"),
        upstreamModel: headerOf(headers, "x-perpetuo-model"),
        startedAt: sentAt,
        durationMs: performance.now() - sentAt,
      });
    };
    const call = client
      .call({ apiKey: options.apiKey, body })
      .then(note)
      .catch(() => note(null))
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
    entries,
    async stop() {
      stop.abort();
      await running;
      await Promise.all(inFlight);
      const seconds = (performance.now() - startedAt) / 1000;
      await client[Symbol.asyncDispose]();
      const failed = entries.filter(({ status }) => status !== 200).length;
      return { sent, failed, perSecond: sent / seconds };
    },
  };
}
