import type { ProviderKeyConfig, WorkspaceConfig } from "@perpetuo/contracts/gateway-config";
import type { PolicyConfig, RouteConfig } from "@perpetuo/contracts/routing";
import type { PricedModel } from "@perpetuo/contracts/usage";
import type { ModelCall } from "../adapter.ts";
import { type CompiledConfig, compileConfig } from "../compiled-config.ts";
import { readModelCall } from "../model-call.ts";
import { type PlanMeans, planTargets } from "../plan.ts";
import type { Metadata } from "./compiled-route.ts";
import { shortlistsFor } from "./shortlists.ts";
import type { Plan } from "./target.ts";

/** A provider key of the mock provider, which serves any name. */
export function keyOf(id: string, overrides: Partial<ProviderKeyConfig> = {}): ProviderKeyConfig {
  return {
    provider_key_id: id,
    workspace_id: "workspace",
    provider: "mock",
    name: id,
    ciphertext: "sealed",
    key_id: "data-key",
    base_url: null,
    models: null,
    priority: 1,
    weight: 1,
    ...overrides,
  };
}

type TargetOf = Partial<RouteConfig["targets"][number]>;

/** A route for the name `chat`; its targets are provider keys' ids, with what differs from a plain one. */
export function routeOf(
  targets: Record<string, TargetOf>,
  {
    metadata = {},
    ...overrides
  }: Partial<Omit<RouteConfig, "match">> & { models?: string[]; metadata?: Record<string, string[]> } = {},
): RouteConfig {
  const { models = ["chat"], ...rest } = overrides;
  return {
    route_id: "route",
    name: "Chat",
    match: { models, metadata },
    strategy: "priority",
    targets: Object.entries(targets).map(([provider_key_id, target]) => ({
      provider_key_id,
      upstream_model: null,
      weight: 1,
      timeouts: {},
      ...target,
    })),
    policy_id: null,
    ...rest,
  };
}

export function policyOf(overrides: Partial<PolicyConfig> = {}): PolicyConfig {
  return {
    policy_id: "policy",
    name: "Policy",
    timeouts: {},
    max_attempts: null,
    max_output_tokens: null,
    stickiness: "off",
    ...overrides,
  };
}

/** `input` and `output` are micro-dollars for a million tokens. */
export function priceOf(provider: string, model: string, [input, output]: [number, number]): PricedModel {
  return { provider, model, input_micros_per_million: input, output_micros_per_million: output };
}

export function configOf(parts: {
  keys: ProviderKeyConfig[];
  routes?: RouteConfig[];
  policies?: PolicyConfig[];
  prices?: PricedModel[];
}): CompiledConfig {
  const source: WorkspaceConfig = {
    workspace_id: "workspace",
    config_version: 1,
    snapshot: { format: 1, routes: parts.routes ?? [], policies: parts.policies ?? [] },
    provider_keys: parts.keys,
    data_keys: [],
    prices: parts.prices ?? [],
    limits: {},
    spent: null,
  };
  return compileConfig(source);
}

export function callOf(members: object = {}): ModelCall {
  const body = { model: "chat", messages: [{ role: "user", content: "hi" }], ...members };
  return readModelCall("chat-completions", Buffer.from(JSON.stringify(body)));
}

/** Means by which nothing is known and nothing is left to chance. */
export const noMeans: PlanMeans = { random: () => 0.5, latencies: { of: () => null } };

export function planFor(
  config: CompiledConfig,
  call: ModelCall = callOf(),
  { metadata = null, ...means }: Partial<PlanMeans> & { metadata?: Metadata } = {},
): Plan {
  return planTargets(call, shortlistsFor(call, config, metadata), { ...noMeans, ...means });
}

/** The provider keys in the order in which they are asked. */
export function keysOf(plan: Plan): string[] {
  return plan.targets.map(({ providerKey }) => providerKey.provider_key_id);
}

/** Numbers in [0, 1) that are the same in every run (Park and Miller's generator). */
export function seededRandom(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
