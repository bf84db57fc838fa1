import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ModelCall } from "@perpetuo/gateway/adapter";
import { type Plan, planTargets } from "@perpetuo/gateway/plan";
import type { Principal } from "../key-cache.ts";
import type { Receipt } from "../receipt.ts";

/** Orders the targets for the call and writes the plan down, also when it is empty. Throws `PerpetuoError` (404). */
export function plan(
  call: ModelCall,
  { principal, receipt }: { principal: Principal; receipt: Receipt },
  random: () => number,
): Plan {
  const planned = planTargets(call.model, principal.config, random);
  receipt.plan = planned;
  if (planned.targets.length === 0) {
    throw new PerpetuoError("model_not_found", {
      message: `The model '${call.model}' does not exist in this workspace: no enabled provider key serves it.`,
      param: "model",
    });
  }
  return planned;
}
