import type { LogTailInput } from "./log-tail.ts";
import type { LogItem } from "./log-tail-state.ts";
import type { PerpetuoClient } from "./vanilla.ts";

/** What happens to the one who follows. */
export type LogFollower = {
  /** The connection stands, for the first time or again. */
  onConnected?: () => void;
  /** One request, each once. `skipped`: at least so many before it are missing; `logs.list` has them. */
  onRequest: (request: LogItem, skipped: number) => void;
  /** Control refuses, or has ended it for good, because the session is over or the role was lost. */
  onEnd?: (error: unknown) => void;
};

/** After a lost connection the last ten seconds come once more; so many requests are remembered to notice. */
const rememberedIds = 20_000;

/**
 * Follows the requests of a workspace without React. What is recorded after the first `onConnected` arrives, also over
 * lost connections.
 */
export function followLogs(
  client: PerpetuoClient,
  input: LogTailInput,
  { onConnected, onRequest, onEnd }: LogFollower,
): { stop: () => void } {
  const seen = new Set<string>();
  const subscription = client.logs.tail.subscribe(input, {
    onStarted: () => onConnected?.(),
    onData: ({ data: { request, skipped } }) => {
      if (seen.has(request.id)) return;
      seen.add(request.id);
      const [oldest] = seen;
      if (seen.size > rememberedIds && oldest !== undefined) seen.delete(oldest);
      onRequest(request, skipped);
    },
    onError: (error) => onEnd?.(error),
  });
  return { stop: () => subscription.unsubscribe() };
}
