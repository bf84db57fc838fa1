import type { ProviderKeyConfig } from "@perpetuo/contracts/gateway-config";
import type { PlanCandidate } from "@perpetuo/contracts/request-log";
import type { RouteTargetConfig, RouteTimeouts } from "@perpetuo/contracts/routing";
import type { PricedModel } from "@perpetuo/contracts/usage";
import type { Operation } from "../adapter.ts";
import { adapterFor } from "../adapters/registry.ts";
import type { CompiledConfig } from "../compiled-config.ts";
import { type ModelNaming, unserved } from "../served-models.ts";
import type { CompiledRoute } from "./compiled-route.ts";
import { hashBytes } from "./hash.ts";
import type { Plan, Target } from "./target.ts";
import { boundTrace, targetCandidate } from "./trace.ts";

/** A target as a strategy sees it. */
export type Option = {
  readonly target: Target;
  /** Lower ones come first where the strategy goes by priority. */
  readonly priority: number;
  /** Share among options that are equal otherwise. */
  readonly weight: number;
  readonly price: PricedModel | null;
  /** Of provider key and model: what a conversation's choice depends on. */
  readonly hash: number;
};

/** What became of one candidate: it may be asked, or there is something against it. */
export type Entry =
  | { readonly kind: "option"; readonly option: Option }
  | { readonly kind: "skipped"; readonly candidate: PlanCandidate };

/** Who may answer a requested name, as far as that follows from the config alone. Requests share it; nobody changes it. */
export type Shortlist = {
  /** The route that answers the name; null where the workspace's provider keys are asked by themselves. */
  readonly route: CompiledRoute | null;
  readonly entries: readonly Entry[];
  readonly options: readonly Option[];
  /** Sum over the options. */
  readonly weight: number;
  /** `fixed`: every request has this very plan. `drawn`: the order is each request's own. */
  readonly order: "fixed" | "drawn";
  readonly plan: Plan;
};

/** What is wanted, without the request around it. */
export type WantedModel = { operation: Operation; model: string };

/** The targets that a route names, and a word on those that cannot be asked. */
export function shortlistOfRoute(
  route: CompiledRoute,
  wanted: WantedModel,
  config: CompiledConfig,
): Shortlist {
  const seen = new Set<string>();
  const entries = route.config.targets.map((named, index): Entry => {
    const entry = entryOfTarget({ route, named, index }, wanted, config);
    if (entry.kind === "skipped") return entry;
    const { target } = entry.option;
    if (!seen.has(target.id)) {
      seen.add(target.id);
      return entry;
    }
    const candidate = targetCandidate(target, "the route names it before");
    return { kind: "skipped", candidate: { ...candidate, verdict: "skipped" } };
  });
  return makeShortlist({ route, entries });
}

/** Why a provider key that serves the model is passed over for the operation. */
export const notOffered = "the provider does not offer this";

/** The provider keys that serve the name, by priority. `nameFor` gives null for keys that are out of question. */
export function shortlistOfKeys(
  { operation, naming }: { operation: Operation; naming: ModelNaming },
  config: CompiledConfig,
  nameFor: (key: ProviderKeyConfig) => string | null,
): Shortlist {
  const entries: Entry[] = [];
  for (const key of config.providerKeys) {
    const upstreamModel = nameFor(key);
    if (upstreamModel === null) continue;
    const obstacle = unserved(key, { model: upstreamModel, naming }, config);
    const found = findTarget({ key, upstreamModel, operation }, config);
    if (obstacle !== null) entries.push(skippedKey(key, upstreamModel, obstacle));
    else if (found.kind === "unable") entries.push(skippedKey(key, upstreamModel, notOffered));
    else {
      const { target, price } = found;
      const option = { target, price, priority: key.priority, weight: key.weight, hash: 0 };
      entries.push({ kind: "option", option });
    }
  }
  return makeShortlist({ route: null, entries });
}

/** Sums the entries up. */
function makeShortlist({ route, entries }: Pick<Shortlist, "route" | "entries">): Shortlist {
  const options = entries.flatMap((entry) => (entry.kind === "option" ? [entry.option] : []));
  const weight = options.reduce((sum, option) => sum + option.weight, 0);
  const candidates = entries.map((entry) =>
    entry.kind === "skipped"
      ? entry.candidate
      : targetCandidate(entry.option.target, standingReason(entry.option, { route, weight })),
  );
  const plan: Plan = {
    routeId: route?.config.route_id ?? null,
    policy: route?.policy ?? null,
    targets: options.map(({ target }) => target),
    passedOver: [],
    candidates: boundTrace(candidates),
  };
  return { route, entries, options, weight, order: isDrawn(route, options) ? "drawn" : "fixed", plan };
}

/** The same list with some options skipped: `obstacleTo` says why, and null for those that stay. */
export function narrow(list: Shortlist, obstacleTo: (target: Target) => string | null): Shortlist {
  const entries = list.entries.map((entry): Entry => {
    const obstacle = entry.kind === "option" ? obstacleTo(entry.option.target) : null;
    if (entry.kind === "skipped" || obstacle === null) return entry;
    const candidate = targetCandidate(entry.option.target, obstacle);
    return { kind: "skipped", candidate: { ...candidate, verdict: "skipped" } };
  });
  return makeShortlist({ route: list.route, entries });
}

function isDrawn(route: CompiledRoute | null, options: readonly Option[]): boolean {
  if (options.length < 2 || route?.config.strategy === "priority") return false;
  return route !== null || options.some(({ priority }, index) => options[index + 1]?.priority === priority);
}

/** Why an option stands where it does, as far as that is the same for every request. */
export function standingReason(
  option: Option,
  { route, weight }: Pick<Shortlist, "route" | "weight">,
): string {
  const strategy = route?.config.strategy ?? "priority";
  if (strategy === "priority") return `priority ${option.priority}`;
  return strategy === "weighted" ? `weight ${option.weight} of ${weight}` : "the only target";
}

type NamedTarget = { route: CompiledRoute; named: RouteTargetConfig; index: number };

function entryOfTarget(
  { route, named, index }: NamedTarget,
  wanted: WantedModel,
  config: CompiledConfig,
): Entry {
  const key = config.providerKey(named.provider_key_id);
  const asked = named.upstream_model ?? wanted.model;
  if (key === null) {
    const gone = { provider_key_id: named.provider_key_id, provider: null, upstream_model: asked };
    const reason = "the provider key is disabled or removed";
    return { kind: "skipped", candidate: { ...gone, verdict: "skipped", reason } };
  }
  // The name that an administrator wrote into the route is called as it stands; one that a client chose has to be served.
  const served = named.upstream_model ?? servedName(key, wanted.model, config);
  if (typeof served !== "string") return skippedKey(key, asked, served.reason);
  const found = findTarget({ key, upstreamModel: served, operation: wanted.operation }, config);
  if (found.kind === "unable") return skippedKey(key, served, notOffered);
  const { route_id: routeId, strategy } = route.config;
  const timeouts = timeoutsOf(route, named);
  const address = found.target.id;
  const isTimed = timeouts !== null || route.policy?.timeouts.total_ms !== undefined;
  const target: Target = {
    ...found.target,
    id: isTimed ? `${address} in ${routeId}` : address,
    routeId,
    timeouts,
    pace: strategy === "least-latency" ? "measured" : "unmeasured",
  };
  const hash = hashBytes(Buffer.from(address));
  const option = { target, price: found.price, priority: index + 1, weight: named.weight, hash };
  return { kind: "option", option };
}

/** A policy's `total_ms` is for the whole request, and no target's. */
function timeoutsOf({ policy }: CompiledRoute, { timeouts }: RouteTargetConfig): RouteTimeouts | null {
  const { total_ms: _forTheRequest, ...shared } = policy?.timeouts ?? {};
  const own = { ...shared, ...timeouts };
  return Object.keys(own).length === 0 ? null : own;
}

type Found = { kind: "target"; target: Target; price: PricedModel | null } | { kind: "unable" };

function findTarget(
  { key, upstreamModel, operation }: { key: ProviderKeyConfig; upstreamModel: string; operation: Operation },
  config: CompiledConfig,
): Found {
  const adapter = adapterFor(key.provider);
  const codec = adapter.operations[operation];
  if (codec === null) return { kind: "unable" };
  const target: Target = {
    id: `${key.provider_key_id}/${upstreamModel}`,
    providerKey: key,
    upstreamModel,
    adapter,
    codec,
    dataKey: config.dataKey(key.key_id),
    routeId: null,
    timeouts: null,
    pace: "unmeasured",
  };
  return { kind: "target", target, price: config.price(key.provider, upstreamModel) };
}

/** The name under which the key serves what the client asked for, as it stands or behind its provider's name; or why not. */
function servedName(
  key: ProviderKeyConfig,
  model: string,
  config: CompiledConfig,
): string | { reason: string } {
  const reason = unserved(key, { model, naming: "plain" }, config);
  if (reason === null) return model;
  const prefix = `${key.provider}/`;
  const rest = model.slice(prefix.length);
  const isPrefixed = model.startsWith(prefix) && rest !== "";
  return isPrefixed && unserved(key, { model: rest, naming: "prefixed" }, config) === null
    ? rest
    : { reason };
}

function skippedKey(key: ProviderKeyConfig, upstreamModel: string, reason: string): Entry {
  const { provider_key_id, provider } = key;
  return {
    kind: "skipped",
    candidate: { provider_key_id, provider, upstream_model: upstreamModel, verdict: "skipped", reason },
  };
}
