import type { ApiKeyIdentity, Invalidation, WorkspaceConfig } from "@perpetuo/contracts/gateway-config";
import { type CompiledConfig, compileConfig } from "@perpetuo/gateway/compiled-config";
import { type CacheOptions, SingleFlightCache } from "./single-flight-cache.ts";

export type KeyCacheOptions = {
  findApiKey: (keyHash: string) => Promise<ApiKeyIdentity | null>;
  loadWorkspaceConfig: (workspaceId: string) => Promise<WorkspaceConfig | null>;
  now: () => number;
  random: () => number;
};

/** What the data plane knows of a caller: whose key it is, and what its workspace is configured to do. */
export type Principal = { identity: ApiKeyIdentity; config: CompiledConfig };

const minute = 60_000;

/**
 * API keys by the SHA-256 of their whole text, and workspaces' configs by id. Invalidations from the database drop
 * what they name at once; without them an entry lives 30 s, and with the database away 15 minutes (decision 16).
 */
export class KeyCache {
  private readonly keys: SingleFlightCache<ApiKeyIdentity>;
  private readonly configs: SingleFlightCache<CompiledConfig>;

  constructor({ findApiKey, loadWorkspaceConfig, now, random }: KeyCacheOptions) {
    const shared: Omit<CacheOptions<never>, "load" | "maxEntries"> = {
      now,
      random,
      ttlMs: 10 * minute,
      uncertainTtlMs: 30_000,
      negativeTtlMs: 10_000,
      maxStaleMs: 15 * minute,
      maxConcurrentLoads: 8,
      maxQueuedLoads: 1_000,
    };
    this.keys = new SingleFlightCache({ ...shared, maxEntries: 100_000, load: findApiKey });
    this.configs = new SingleFlightCache({
      ...shared,
      maxEntries: 10_000,
      load: async (workspaceId) => {
        const config = await loadWorkspaceConfig(workspaceId);
        return config === null ? null : compileConfig(config);
      },
    });
  }

  /** Null: no such key, or its workspace is gone. At once when cached; the promise rejects when nobody can say. */
  find(keyHash: string): Principal | null | Promise<Principal | null> {
    const identity = this.keys.get(keyHash);
    if (identity instanceof Promise) return identity.then((found) => this.withConfig(found));
    return this.withConfig(identity);
  }

  /** Whether a key with this hash is in the cache, fresh or not. */
  isKnown(keyHash: string): boolean {
    return this.keys.holds(keyHash);
  }

  apply(invalidation: Invalidation): void {
    switch (invalidation.kind) {
      case "api_key":
        this.keys.invalidate(invalidation.key_hash);
        return;
      case "workspace":
        this.configs.invalidate(invalidation.workspace_id);
        return;
      case "catalogue":
        this.configs.clear();
    }
  }

  channelLost(): void {
    this.keys.channelLost();
    this.configs.channelLost();
  }

  channelRestored(): void {
    this.keys.channelRestored();
    this.configs.channelRestored();
  }

  /** Reads everything anew at its next use: what the entries say of spending is to be as fresh as the database's. */
  verifyAll(): void {
    this.keys.verifyAll();
    this.configs.verifyAll();
  }

  /** Whether something could be served without the database. */
  get isWarm(): boolean {
    return this.keys.size > 0 && this.configs.size > 0;
  }

  /** Look-ups of API keys since the start, by outcome. */
  get counts(): Readonly<{ hits: number; misses: number; stale: number }> {
    return this.keys.counts;
  }

  private withConfig(identity: ApiKeyIdentity | null): Principal | null | Promise<Principal | null> {
    if (identity === null) return null;
    const config = this.configs.get(identity.workspace_id);
    const join = (found: CompiledConfig | null) => (found === null ? null : { identity, config: found });
    return config instanceof Promise ? config.then(join) : join(config);
  }
}
