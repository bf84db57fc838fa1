import type { Limits } from "./limits.ts";
import type { ProviderName } from "./providers.ts";
import type { ConfigSnapshot } from "./routing.ts";
import type { PricedModel } from "./usage.ts";

/**
 * Settled cost of one day and of its month, UTC, in micro-dollars. `day` counts days from the epoch, `month` months from year 0:
 * a sum that is read again after midnight says to which day it belongs.
 */
export type Spent = { day: number; day_micros: number; month: number; month_micros: number };

/** What an API key resolves to: the identity that the proxy caches under the key's SHA-256. */
export type ApiKeyIdentity = {
  api_key_id: string;
  workspace_id: string;
  scopes: string[];
  /** Models that this key may ask for; null allows every model of the workspace. */
  models: string[] | null;
  /** Epoch milliseconds; null never expires. */
  expires_at: number | null;
  limits: Limits;
  /** What the database knows of the key's spending; null when it has no budget. */
  spent: Spent | null;
};

/** A provider key as the proxy needs it. The credential stays sealed until the first call that needs it. */
export type ProviderKeyConfig = {
  provider_key_id: string;
  workspace_id: string;
  provider: ProviderName;
  name: string;
  /** Sealed credential, see `@perpetuo/security/envelope`. */
  ciphertext: string;
  /** Id of the data key that seals `ciphertext`. */
  key_id: string;
  base_url: string | null;
  /** Null: what `servedWithoutList` says of the provider. */
  models: string[] | null;
  /** 1 is tried first. */
  priority: number;
  /** Share among provider keys of equal priority. */
  weight: number;
};

/** A workspace's data key, wrapped by the master key named `master_key_id`. */
export type WrappedDataKey = {
  key_id: string;
  workspace_id: string;
  wrapped_key: string;
  master_key_id: string;
};

/** Everything that the data plane obeys for one workspace, as of one read of the database. */
export type WorkspaceConfig = {
  workspace_id: string;
  config_version: number;
  snapshot: ConfigSnapshot;
  /** Enabled provider keys, in order of priority. */
  provider_keys: ProviderKeyConfig[];
  data_keys: WrappedDataKey[];
  /** The price in force for each provider and model; a workspace's own override replaces the seeded one. */
  prices: PricedModel[];
  limits: Limits;
  /** What the database knows of the workspace's spending; null when it has no budget. */
  spent: Spent | null;
};

/** The NOTIFY channel by which the database tells every proxy thread what to forget. */
export const invalidationChannel = "perpetuo_invalidation";

/**
 * The payload of an invalidation, as JSON. `api_key` names one key by the SHA-256 (hex) of its text;
 * `workspace` drops the workspace's provider keys, limits, prices and published config; `catalogue` drops them for all.
 */
export type Invalidation =
  | { kind: "api_key"; key_hash: string }
  | { kind: "workspace"; workspace_id: string }
  | { kind: "catalogue" };
