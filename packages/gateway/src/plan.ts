import type { Usage } from "@perpetuo/contracts/usage";
import type { ModelCall } from "./adapter.ts";
import { expectedUsage } from "./demand.ts";
import { conversationOf } from "./routing/conversation.ts";
import type { AnswerKind, Latency } from "./routing/latency.ts";
import { type OrderFacts, orderShortlist } from "./routing/order.ts";
import type { RoutingPreference } from "./routing/preference.ts";
import type { Shortlist } from "./routing/shortlist.ts";
import type { Plan, Target } from "./routing/target.ts";
import { boundTrace } from "./routing/trace.ts";

/** What an order may depend on beside the request and the config. */
export type PlanMeans = {
  /** Yields numbers in [0, 1). */
  random: () => number;
  /** Null where a target's latency is unknown. */
  latencies: { of(target: Target, kind: AnswerKind): Latency | null };
};

/**
 * Orders the targets of a request: those of the requested name by their route's strategy, or the provider keys that
 * serve it by priority and weight; behind them those of the further names. Most requests share one plan.
 */
export function planTargets(call: ModelCall, lists: readonly Shortlist[], means: PlanMeans): Plan {
  const { preference } = call;
  const first = lists[0] as Shortlist;
  if (preference === null && first.order === "fixed") return first.plan;
  const facts = new RequestFacts(call, means);
  if (preference === null) return orderShortlist(first, facts);
  return joinPlans(
    call,
    lists.map((list) => prefer(orderShortlist(list, facts), preference)),
  );
}

/**
 * Passes over the targets that there is an obstacle to, and says so in the trace. `obstacleTo` gives null for a target
 * that can be asked; with all of them healthy the plan stays as it is.
 */
export function passOver(plan: Plan, obstacleTo: (target: Target) => string | null): Plan {
  let passed: Plan | null = null;
  for (const target of plan.targets) {
    const obstacle = obstacleTo(target);
    if (obstacle !== null) passed = withoutTarget(passed ?? plan, target, obstacle);
  }
  return passed ?? plan;
}

/** The plan with one target less; its candidate says why. */
export function withoutTarget(plan: Plan, target: Target, reason: string): Plan {
  return {
    ...skipTarget(plan, target, reason),
    targets: plan.targets.filter((other) => other !== target),
    passedOver: [...plan.passedOver, target],
  };
}

function skipTarget(plan: Plan, { providerKey, upstreamModel }: Target, reason: string): Plan {
  const { provider_key_id } = providerKey;
  const candidates = plan.candidates.map((candidate) =>
    candidate.provider_key_id === provider_key_id && candidate.upstream_model === upstreamModel
      ? { ...candidate, verdict: "skipped" as const, reason }
      : candidate,
  );
  return { ...plan, candidates };
}

/** What a request's order may depend on. */
class RequestFacts implements OrderFacts {
  private readonly call: ModelCall;
  private readonly means: PlanMeans;

  constructor(call: ModelCall, means: PlanMeans) {
    this.call = call;
    this.means = means;
  }

  random(): number {
    return this.means.random();
  }

  latencyOf(target: Target): Latency | null {
    return this.means.latencies.of(target, this.call.stream ? "stream" : "whole");
  }

  expectedUsage(): Usage {
    return expectedUsage(this.call);
  }

  conversation(): number | null {
    return conversationOf(this.call);
  }
}

/** The plan as the request itself wants it: the providers that it names first, and no second one where it wants none. */
function prefer(plan: Plan, { order, fallbacks }: RoutingPreference): Plan {
  const place = ({ providerKey }: Target) => {
    const index = order.indexOf(providerKey.provider);
    return index === -1 ? order.length : index;
  };
  const targets = [...plan.targets].sort((left, right) => place(left) - place(right));
  if (fallbacks === "allowed") return { ...plan, targets };
  let alone: Plan = { ...plan, targets: targets.slice(0, 1) };
  for (const target of targets.slice(1)) alone = skipTarget(alone, target, "the request allows no fallback");
  return alone;
}

/** One plan out of those of several names: each target stands where it is named first. */
function joinPlans({ preference }: ModelCall, [first, ...further]: Plan[]): Plan {
  const plan = first as Plan;
  const addressOf = ({ providerKey, upstreamModel }: Target) =>
    `${providerKey.provider_key_id}/${upstreamModel}`;
  const targets = new Map(plan.targets.map((target) => [addressOf(target), target]));
  const candidates = [...plan.candidates];
  for (const [index, { targets: more, candidates: others }] of further.entries()) {
    for (const target of more) if (!targets.has(addressOf(target))) targets.set(addressOf(target), target);
    const name = preference?.models[index];
    candidates.push(...others.map((other) => ({ ...other, reason: `for '${name}': ${other.reason}` })));
  }
  return { ...plan, targets: [...targets.values()], candidates: boundTrace(candidates) };
}
