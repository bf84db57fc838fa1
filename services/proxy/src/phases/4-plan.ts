import type { ModelCall } from "@perpetuo/gateway/adapter";
import { type PlanMeans, passOver, planTargets } from "@perpetuo/gateway/plan";
import { isForEstimate, noTarget } from "@perpetuo/gateway/routing/no-target";
import { shortlistsFor } from "@perpetuo/gateway/routing/shortlists";
import type { Plan } from "@perpetuo/gateway/routing/target";
import type { Principal } from "../key-cache.ts";
import type { Receipt } from "../receipt.ts";
import type { TargetHealth } from "../target-health.ts";

export type PlanDeps = PlanMeans & { health: Pick<TargetHealth, "obstacleTo"> };

/**
 * Orders the targets for the call, passes over those that are known to fail, and writes the plan down, also when it is
 * empty; that it may stay for a count that the gateway makes itself. Throws `PerpetuoError` (404).
 */
export function plan(
  call: ModelCall,
  { principal, receipt }: { principal: Principal; receipt: Receipt },
  deps: PlanDeps,
): Plan {
  const lists = shortlistsFor(call, principal.config, receipt.metadata);
  const ordered = planTargets(call, lists, deps);
  const planned = passOver(ordered, (target) => deps.health.obstacleTo(target));
  receipt.plan = planned;
  if (ordered.targets.length === 0 && !isForEstimate(call, lists)) throw noTarget(call, lists);
  return planned;
}
