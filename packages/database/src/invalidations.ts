import { type Invalidation, invalidationChannel } from "@perpetuo/contracts/gateway-config";
import postgres from "postgres";

/** What to do on each event. A callback must not throw. */
export type InvalidationHandlers = {
  onInvalidation: (invalidation: Invalidation) => void;
  /** From now on nothing is missed. What changed before, or since `onDisconnected`, may have been: forget everything. */
  onConnected: () => void;
  /** Changes may be missed from now on. */
  onDisconnected: () => void;
};

const heartbeatMs = 5000;
const longestPauseMs = 1000;

/**
 * Listens for changes that concern the data plane, on a connection of its own, until it is disposed.
 * A lost connection is made again for as long as it takes; a heartbeat finds one that has died in silence.
 */
export async function listenForInvalidations(
  url: string,
  handlers: InvalidationHandlers,
): Promise<AsyncDisposable> {
  const stopped = new AbortController();
  const loop = keepListening(url, handlers, stopped.signal);
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await loop;
    },
  };
}

async function keepListening(
  url: string,
  handlers: InvalidationHandlers,
  stopped: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!stopped.aborted) {
    const outcome = await listenOnce(url, handlers, stopped);
    failures = outcome === "lost" ? 0 : failures + 1;
    await pauseUnless(stopped, Math.min(longestPauseMs, 25 * 2 ** failures));
  }
}

/** Holds one connection until it is lost or `stopped` fires. */
async function listenOnce(
  url: string,
  handlers: InvalidationHandlers,
  stopped: AbortSignal,
): Promise<"never-connected" | "lost"> {
  const closed = Promise.withResolvers<void>();
  const options = {
    max: 1,
    connect_timeout: 5,
    max_lifetime: null,
    fetch_types: false,
    connection: { application_name: "perpetuo-invalidations" },
    onclose: () => closed.resolve(),
    onnotify: (_channel: string, payload: string) => {
      handlers.onInvalidation(JSON.parse(payload) as Invalidation);
    },
  };
  const sql = postgres(url, options);
  const stop = () => closed.resolve();
  stopped.addEventListener("abort", stop);
  try {
    await sql.unsafe(`listen ${invalidationChannel}`);
    if (stopped.aborted) return "lost";
    handlers.onConnected();
    const heartbeat = setInterval(() => void beat(sql).catch(stop), heartbeatMs);
    await closed.promise;
    clearInterval(heartbeat);
    if (!stopped.aborted) handlers.onDisconnected();
    return "lost";
  } catch {
    // The database is away: that is what the loop is for, and `onDisconnected` has said so.
    return "never-connected";
  } finally {
    stopped.removeEventListener("abort", stop);
    await sql.end({ timeout: 0 });
  }
}

async function beat(sql: postgres.Sql): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("The heartbeat was not answered.")), heartbeatMs);
  try {
    await Promise.race([sql`select 1`, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function pauseUnless(stopped: AbortSignal, milliseconds: number): Promise<void> {
  if (stopped.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stopped.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    stopped.addEventListener("abort", done);
  });
}
