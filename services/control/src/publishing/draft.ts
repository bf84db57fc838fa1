import type { ConfigSnapshot, PolicyConfig, RouteConfig } from "@perpetuo/contracts/routing";
import { listPolicies, type PolicyRow } from "@perpetuo/database/queries/control/policies";
import { listRoutes, type RouteRow } from "@perpetuo/database/queries/control/routes";
import type { Transaction } from "@perpetuo/database/workspace-transaction";

/** The routing rules that a workspace's people work on; routes in order. */
export type Draft = { routes: RouteRow[]; policies: PolicyRow[] };

export async function readDraft(transaction: Transaction, workspaceId: string): Promise<Draft> {
  return {
    routes: await listRoutes(transaction, workspaceId),
    policies: await listPolicies(transaction, workspaceId),
  };
}

/**
 * The snapshot that a draft would be published as: what requests can meet, so enabled routes and the policies that
 * they name. It is checked by `checkSnapshot`, not here.
 */
export function compileDraft({ routes, policies }: Draft): ConfigSnapshot {
  const enabled = routes.filter((route) => route.enabled);
  const named = new Set(enabled.map((route) => route.policy_id));
  const used = policies.filter((policy) => named.has(policy.id));
  return {
    format: 1,
    routes: enabled.map(toRouteConfig),
    // Their order means nothing, so it is one that no change of a name or a date can alter.
    policies: used.map(toPolicyConfig).sort((left, right) => (left.policy_id < right.policy_id ? -1 : 1)),
  };
}

/** A route of the draft as a snapshot has it. */
export function toRouteConfig({ id, name, match, strategy, targets, policy_id }: RouteRow): RouteConfig {
  return { route_id: id, name, match, strategy, targets, policy_id };
}

/** A policy of the draft as a snapshot has it. */
export function toPolicyConfig(policy: PolicyRow): PolicyConfig {
  const { id, name, timeouts, max_attempts, max_output_tokens, stickiness } = policy;
  return { policy_id: id, name, timeouts, max_attempts, max_output_tokens, stickiness };
}
