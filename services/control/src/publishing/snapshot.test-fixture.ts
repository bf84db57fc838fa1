import { randomUUID } from "node:crypto";
import type { ConfigSnapshot, PolicyConfig, RouteConfig } from "@perpetuo/contracts/routing";

/** A provider key that every route of these fixtures has a target on. */
export const mainKey = { id: randomUUID(), name: "Main", enabled: true };

/** A route with one target, with `changes` laid over it. */
export function createRoute(changes: Partial<RouteConfig> = {}): RouteConfig {
  return {
    route_id: randomUUID(),
    name: randomUUID(),
    match: { models: ["gpt-4"], metadata: {} },
    strategy: "priority",
    targets: [createTarget()],
    policy_id: null,
    ...changes,
  };
}

export function createTarget(
  changes: Partial<RouteConfig["targets"][number]> = {},
): RouteConfig["targets"][number] {
  return { provider_key_id: mainKey.id, upstream_model: null, weight: 1, timeouts: {}, ...changes };
}

export function createPolicy(changes: Partial<PolicyConfig> = {}): PolicyConfig {
  return {
    policy_id: randomUUID(),
    name: randomUUID(),
    timeouts: {},
    max_attempts: null,
    max_output_tokens: null,
    stickiness: "off",
    ...changes,
  };
}

export function createSnapshot(routes: RouteConfig[], policies: PolicyConfig[] = []): ConfigSnapshot {
  return { format: 1, routes, policies };
}
