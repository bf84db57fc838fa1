import { hash } from "node:crypto";
import { createClient } from "redis";
import type { ScriptRunner } from "./redis-counters.ts";

export type RedisConnection = ScriptRunner & AsyncDisposable;

export type RedisListener = { onConnected: () => void; onError: (error: unknown) => void };

/** Requests wait for this; a Redis that is slower is away. */
const answerTimeoutMs = 250;
const longestPauseMs = 1_000;

/**
 * Connects to Redis and keeps trying while it is away. A script that cannot be answered now rejects at once, because
 * a request waits for it.
 */
export function connectRedis(url: string, { onConnected, onError }: RedisListener): RedisConnection {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: 1_000,
      reconnectStrategy: (tries) => Math.min(50 * 2 ** tries, longestPauseMs),
    },
  });
  client.on("error", onError);
  client.on("ready", onConnected);
  client.connect().catch(onError);
  return {
    async run(script, keys, values) {
      const options = { keys, arguments: values };
      return within(answerTimeoutMs, async () => {
        try {
          return await client.evalSha(hash("sha1", script), options);
        } catch (error) {
          // Redis forgets scripts when it restarts.
          if (error instanceof Error && error.message.startsWith("NOSCRIPT"))
            return client.eval(script, options);
          throw error;
        }
      });
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };
}

async function within<TValue>(milliseconds: number, work: () => Promise<TValue>): Promise<TValue> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`Redis did not answer within ${milliseconds} ms`)),
    milliseconds,
  );
  try {
    return await Promise.race([work(), promise]);
  } finally {
    clearTimeout(timer);
  }
}
