import type { ProviderKeyConfig, WrappedDataKey } from "@perpetuo/contracts/gateway-config";
import type { PlanCandidate } from "@perpetuo/contracts/request-log";
import type { Codec, ModelCall, Operation, ProviderAdapter } from "./adapter.ts";
import { adapterFor } from "./adapters/registry.ts";
import type { CompiledConfig } from "./compiled-config.ts";
import { type ModelNaming, unserved } from "./served-models.ts";

/** One provider key plus one upstream model, with the adapter that speaks to it. */
export type Target = {
  /** The provider key's id and the model: two plans' targets are the same one when their ids are. */
  readonly id: string;
  providerKey: ProviderKeyConfig;
  upstreamModel: string;
  adapter: ProviderAdapter;
  /** How the adapter carries the call's operation. */
  codec: Codec;
  /** What opens the provider key; null when the database does not hold it. */
  dataKey: WrappedDataKey | null;
};

/** Targets in the order in which they are tried, and a word on every candidate. Requests share it; nobody changes it. */
export type Plan = {
  readonly routeId: string | null;
  readonly targets: readonly Target[];
  /** Targets that are passed over for their health, in order: what is left where no other can be asked. */
  readonly passedOver: readonly Target[];
  readonly candidates: PlanCandidate[];
};

/** Why a provider key that serves the model is passed over for the operation. */
export const notOffered = "the provider does not offer this";

/** Models of one config whose plans are kept; clients can ask for any name. */
const mostRemembered = 256;

/** What the caller wants done, and by which model. */
export type Wanted = Pick<ModelCall, "operation" | "model">;

/** What follows from a config, an operation and a model's name alone. */
type Considered = { plan: Plan; order: "fixed" | "drawn" };
const remembered = new WeakMap<CompiledConfig, Map<Operation, Map<string, Considered>>>();

/**
 * Orders the targets for a requested model: enabled provider keys that serve it, by priority, those of equal priority
 * in a random order that honours their weights. A key that serves the name as it stands beats the reading of
 * `provider/model` as a provider's name and its model (decision 21).
 * `random` yields numbers in [0, 1).
 */
export function planTargets(wanted: Wanted, config: CompiledConfig, random: () => number): Plan {
  const { plan, order } = considerOnce(wanted, config);
  return order === "fixed" ? plan : { ...plan, targets: orderByWeight(plan.targets, random) };
}

function considerOnce(wanted: Wanted, config: CompiledConfig): Considered {
  const models = rememberedModels(wanted.operation, config);
  let considered = models.get(wanted.model);
  if (considered === undefined) {
    considered = considerModel(wanted, config);
    if (models.size >= mostRemembered) models.clear();
    models.set(wanted.model, considered);
  }
  return considered;
}

function rememberedModels(operation: Operation, config: CompiledConfig): Map<string, Considered> {
  let operations = remembered.get(config);
  if (operations === undefined) {
    operations = new Map();
    remembered.set(config, operations);
  }
  let models = operations.get(operation);
  if (models === undefined) {
    models = new Map();
    operations.set(operation, models);
  }
  return models;
}

function considerModel({ operation, model }: Wanted, config: CompiledConfig): Considered {
  const exact = consider({ operation, config, naming: "plain" }, () => model);
  if (exact.plan.targets.length > 0) return exact;
  const slash = model.indexOf("/");
  if (slash <= 0) return exact;
  const provider = model.slice(0, slash);
  const rest = model.slice(slash + 1);
  return consider({ operation, config, naming: "prefixed" }, (key) =>
    key.provider === provider ? rest : null,
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
  const { provider_key_id } = target.providerKey;
  return {
    ...plan,
    targets: plan.targets.filter((other) => other !== target),
    passedOver: [...plan.passedOver, target],
    candidates: plan.candidates.map((candidate) =>
      candidate.provider_key_id === provider_key_id && candidate.upstream_model === target.upstreamModel
        ? { ...candidate, verdict: "skipped", reason }
        : candidate,
    ),
  };
}

function consider(
  { operation, config, naming }: { operation: Operation; config: CompiledConfig; naming: ModelNaming },
  upstreamModelFor: (key: ProviderKeyConfig) => string | null,
): Considered {
  const targets: Target[] = [];
  const candidates: PlanCandidate[] = [];
  for (const providerKey of config.providerKeys) {
    const upstreamModel = upstreamModelFor(providerKey);
    if (upstreamModel === null) continue;
    const adapter = adapterFor(providerKey.provider);
    const codec = adapter.operations[operation];
    const obstacle =
      unserved(providerKey, { model: upstreamModel, naming }, config) ?? (codec === null ? notOffered : null);
    if (codec !== null && obstacle === null) {
      const id = `${providerKey.provider_key_id}/${upstreamModel}`;
      const dataKey = config.dataKey(providerKey.key_id);
      targets.push({ id, providerKey, upstreamModel, adapter, codec, dataKey });
    }
    candidates.push({
      provider_key_id: providerKey.provider_key_id,
      provider: providerKey.provider,
      upstream_model: upstreamModel,
      verdict: obstacle === null ? "target" : "skipped",
      reason: obstacle ?? `priority ${providerKey.priority}`,
    });
  }
  const plan: Plan = { routeId: null, targets, passedOver: [], candidates };
  return { plan, order: isTied(targets) ? "drawn" : "fixed" };
}

function isTied(targets: readonly Target[]): boolean {
  return targets.some((target, index) => {
    const next = targets[index + 1];
    return next !== undefined && next.providerKey.priority === target.providerKey.priority;
  });
}

/**
 * Within each priority: weighted sampling without replacement (Efraimidis and Spirakis, 2006: sort by u^(1/weight)).
 * The input is already in order of priority.
 */
function orderByWeight(targets: readonly Target[], random: () => number): Target[] {
  return targets
    .map((target) => ({ target, draw: random() ** (1 / target.providerKey.weight) }))
    .sort(
      (left, right) =>
        left.target.providerKey.priority - right.target.providerKey.priority || right.draw - left.draw,
    )
    .map(({ target }) => target);
}
