import type { ApiKeyIdentity, Invalidation, WorkspaceConfig } from "@perpetuo/contracts/gateway-config";
import { listenForInvalidations } from "@perpetuo/database/invalidations";
import { openPool } from "@perpetuo/database/pool";
import { findApiKey } from "@perpetuo/database/queries/proxy/find-api-key";
import { loadWorkspaceConfig } from "@perpetuo/database/queries/proxy/load-workspace-config";

/** The database as a thread uses it: two look-ups and the channel that says what to forget. */
export type Lookups = AsyncDisposable & {
  findApiKey(keyHash: string): Promise<ApiKeyIdentity | null>;
  loadWorkspaceConfig(workspaceId: string): Promise<WorkspaceConfig | null>;
  /** Keeps listening through outages; resolves once the first attempt has been made. */
  listen(listener: InvalidationListener): Promise<void>;
};

export type InvalidationListener = {
  onInvalidation: (invalidation: Invalidation) => void;
  onConnected: () => void;
  onDisconnected: () => void;
};

const poolSize = 3;
const lookupTimeoutMs = 2_000;
const connectTimeoutMs = 1_000;

/** Opens a pool of the proxy's role. A look-up that takes longer than 2 s rejects, because requests wait for it. */
export function openLookups(url: string): Lookups {
  const database = openPool(url, {
    max: poolSize,
    applicationName: "perpetuo-proxy",
    statementTimeoutMs: lookupTimeoutMs,
    connectTimeoutMs,
  });
  const listening: AsyncDisposable[] = [];
  return {
    findApiKey: (keyHash) => within(lookupTimeoutMs, findApiKey(database, keyHash)),
    loadWorkspaceConfig: (workspaceId) => within(lookupTimeoutMs, loadWorkspaceConfig(database, workspaceId)),
    async listen(listener) {
      listening.push(await listenForInvalidations(url, listener));
    },
    async [Symbol.asyncDispose]() {
      for (const resource of listening) await resource[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** A server that is stopped, not gone, neither answers nor refuses; only a clock of our own ends the wait. */
async function within<TValue>(milliseconds: number, work: Promise<TValue>): Promise<TValue> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
