import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ModelCall, Operation } from "@perpetuo/gateway/adapter";
import { notOffered, type Plan, passOver, planTargets } from "@perpetuo/gateway/plan";
import type { Principal } from "../key-cache.ts";
import type { Receipt } from "../receipt.ts";
import type { TargetHealth } from "../target-health.ts";

export type PlanDeps = { random: () => number; health: Pick<TargetHealth, "obstacleTo"> };

/**
 * Orders the targets for the call, passes over those that are known to fail, and writes the plan down, also when it is
 * empty. Throws `PerpetuoError` (404).
 */
export function plan(
  call: ModelCall,
  { principal, receipt }: { principal: Principal; receipt: Receipt },
  { random, health }: PlanDeps,
): Plan {
  const ordered = planTargets(call, principal.config, random);
  const planned = passOver(ordered, (target) => health.obstacleTo(target));
  receipt.plan = planned;
  if (ordered.targets.length === 0) {
    throw new PerpetuoError("model_not_found", { message: nobodyServes(call, ordered), param: "model" });
  }
  return planned;
}

const names: Record<Operation, string> = {
  "chat-completions": "chat completions",
  completions: "completions",
  embeddings: "embeddings",
  messages: "messages",
};

function nobodyServes({ model, operation }: ModelCall, { candidates }: Plan): string {
  return candidates.some(({ reason }) => reason === notOffered)
    ? `No enabled provider key of this workspace offers ${names[operation]} for the model '${model}'.`
    : `The model '${model}' does not exist in this workspace: no enabled provider key serves it.`;
}
