import type { ProviderKeyConfig, WorkspaceConfig, WrappedDataKey } from "@perpetuo/contracts/gateway-config";
import type { ConfigSnapshot } from "@perpetuo/contracts/routing";
import type { PricedModel } from "@perpetuo/contracts/usage";

/** A workspace's config with the lookups that a request needs, built once per read of the database. */
export type CompiledConfig = {
  workspaceId: string;
  version: number;
  snapshot: ConfigSnapshot;
  /** By priority, 1 first. */
  providerKeys: ProviderKeyConfig[];
  source: WorkspaceConfig;
  price(provider: string, model: string): PricedModel | null;
  dataKey(keyId: string): WrappedDataKey | null;
};

/** Indexes a workspace's config. */
export function compileConfig(source: WorkspaceConfig): CompiledConfig {
  const prices = new Map<string, PricedModel>();
  for (const price of source.prices) prices.set(`${price.provider}/${price.model}`, price);
  return {
    workspaceId: source.workspace_id,
    version: source.config_version,
    snapshot: source.snapshot,
    providerKeys: [...source.provider_keys].sort((left, right) => left.priority - right.priority),
    source,
    price: (provider, model) => prices.get(`${provider}/${model}`) ?? null,
    dataKey: (keyId) => source.data_keys.find((dataKey) => dataKey.key_id === keyId) ?? null,
  };
}
