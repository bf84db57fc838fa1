import type { ProviderKeyConfig, WrappedDataKey } from "@perpetuo/contracts/gateway-config";
import type { PlanCandidate } from "@perpetuo/contracts/request-log";
import type { PolicyConfig, RouteTimeouts } from "@perpetuo/contracts/routing";
import type { Codec, ProviderAdapter } from "../adapter.ts";

/** One provider key plus one upstream model, with the adapter that speaks to it. */
export type Target = {
  /**
   * The provider key's id and the model, and the route where it has times of its own: what fails by them must not count
   * against others that would have waited. Two plans' targets share their health when their ids are the same.
   */
  readonly id: string;
  providerKey: ProviderKeyConfig;
  upstreamModel: string;
  adapter: ProviderAdapter;
  /** How the adapter carries the call's operation. */
  codec: Codec;
  /** What opens the provider key; null when the database does not hold it. */
  dataKey: WrappedDataKey | null;
  /** The route that names it; null where the workspace's provider keys are asked by themselves. */
  routeId: string | null;
  /**
   * Limits of its route, the policy's where it names none itself; null: the installation's hold. `total_ms` is the
   * target's own alone, because a policy's is for all calls of a request together.
   */
  timeouts: RouteTimeouts | null;
  /** `measured`: its time to the first byte decides about its place. */
  pace: "measured" | "unmeasured";
};

/** Targets in the order in which they are tried, and a word on every candidate. Requests share it; nobody changes it. */
export type Plan = {
  /** The route that answers the requested name; null where none does. */
  readonly routeId: string | null;
  readonly policy: PolicyConfig | null;
  readonly targets: readonly Target[];
  /** Targets that are passed over for their health, in order: what is left where no other can be asked. */
  readonly passedOver: readonly Target[];
  readonly candidates: PlanCandidate[];
};
