import type { ProviderKeyConfig, WorkspaceConfig, WrappedDataKey } from "@perpetuo/contracts/gateway-config";
import type { PricedModel } from "@perpetuo/contracts/usage";
import { type CompiledRoute, compileRoutes } from "./routing/compiled-route.ts";

/** A workspace's config with the lookups that a request needs, built once per read of the database. */
export type CompiledConfig = {
  workspaceId: string;
  version: number;
  /** In the order in which they are looked at. */
  routes: readonly CompiledRoute[];
  /** By priority, 1 first. */
  providerKeys: ProviderKeyConfig[];
  source: WorkspaceConfig;
  /** Null for one that is disabled or removed. */
  providerKey(id: string): ProviderKeyConfig | null;
  price(provider: string, model: string): PricedModel | null;
  dataKey(keyId: string): WrappedDataKey | null;
};

/** Indexes a workspace's config. */
export function compileConfig(source: WorkspaceConfig): CompiledConfig {
  const prices = new Map<string, PricedModel>();
  for (const price of source.prices) prices.set(`${price.provider}/${price.model}`, price);
  const providerKeys = new Map(source.provider_keys.map((key) => [key.provider_key_id, key]));
  return {
    workspaceId: source.workspace_id,
    version: source.config_version,
    routes: compileRoutes(source.snapshot),
    providerKeys: [...source.provider_keys].sort((left, right) => left.priority - right.priority),
    source,
    providerKey: (id) => providerKeys.get(id) ?? null,
    price: (provider, model) => prices.get(`${provider}/${model}`) ?? null,
    dataKey: (keyId) => source.data_keys.find((dataKey) => dataKey.key_id === keyId) ?? null,
  };
}
