import type { ApiKeyIdentity, ProviderKeyConfig, WorkspaceConfig } from "@perpetuo/contracts/gateway-config";
import type { RequestLogRecord } from "@perpetuo/contracts/request-log";
import type { PolicyConfig, RouteConfig, RouteStrategy } from "@perpetuo/contracts/routing";
import type { PricedModel } from "@perpetuo/contracts/usage";
import type { ModelCall } from "@perpetuo/gateway/adapter";
import { compileConfig } from "@perpetuo/gateway/compiled-config";
import { readModelCall } from "@perpetuo/gateway/model-call";
import { planTargets } from "@perpetuo/gateway/plan";
import { shortlistsFor } from "@perpetuo/gateway/routing/shortlists";
import type { Plan, Target } from "@perpetuo/gateway/routing/target";
import type { Dialect } from "./dialects/dialect.ts";
import { openAiDialect } from "./dialects/openai.ts";
import type { Principal } from "./key-cache.ts";
import { openReceipt, type Receipt } from "./receipt.ts";

export function identityOf(overrides: Partial<ApiKeyIdentity> = {}): ApiKeyIdentity {
  return {
    api_key_id: "key-1",
    workspace_id: "workspace-1",
    scopes: ["gateway"],
    models: null,
    expires_at: null,
    limits: {},
    spent: null,
    ...overrides,
  };
}

export function providerKeyOf(overrides: Partial<ProviderKeyConfig> = {}): ProviderKeyConfig {
  return {
    provider_key_id: "provider-key-1",
    workspace_id: "workspace-1",
    provider: "mock",
    name: "mock",
    ciphertext: "sealed",
    key_id: "data-key-1",
    base_url: null,
    models: null,
    priority: 1,
    weight: 1,
    ...overrides,
  };
}

/** $1 a million tokens in, $2 out. */
export const gptPrice: PricedModel = {
  provider: "mock",
  model: "gpt",
  input_micros_per_million: 1_000_000,
  cached_input_micros_per_million: null,
  output_micros_per_million: 2_000_000,
  max_output_tokens: null,
};

export function configOf(overrides: Partial<WorkspaceConfig> = {}): WorkspaceConfig {
  return {
    workspace_id: "workspace-1",
    config_version: 4,
    snapshot: { format: 1, routes: [], policies: [] },
    provider_keys: [providerKeyOf()],
    data_keys: [],
    prices: [gptPrice],
    limits: {},
    spent: null,
    ...overrides,
  };
}

/** A caller whose workspace has `targets` mock provider keys, one a priority. */
export function principalOf(targets = 1, identity: Partial<ApiKeyIdentity> = {}): Principal {
  const provider_keys = Array.from({ length: targets }, (_, index) =>
    providerKeyOf({ provider_key_id: `provider-key-${index + 1}`, priority: index + 1 }),
  );
  return { identity: identityOf(identity), config: compileConfig(configOf({ provider_keys })) };
}

type RoutedTarget = Partial<RouteConfig["targets"][number]>;

/** The same behind a route for the model `gpt`, which names the provider keys in this order. */
export function routedPrincipalOf(
  targets: RoutedTarget[],
  { strategy = "priority", policy = {} }: { strategy?: RouteStrategy; policy?: Partial<PolicyConfig> } = {},
): Principal {
  const { identity, config } = principalOf(targets.length);
  const plain = { upstream_model: null, weight: 1, timeouts: {} };
  const route: RouteConfig = {
    route_id: "route-1",
    name: "Chat",
    match: { models: ["gpt"], metadata: {} },
    strategy,
    targets: targets.map((target, index) => ({
      provider_key_id: `provider-key-${index + 1}`,
      ...plain,
      ...target,
    })),
    policy_id: "policy-1",
  };
  const rules: PolicyConfig = {
    policy_id: "policy-1",
    name: "Rules",
    timeouts: {},
    max_attempts: null,
    max_output_tokens: null,
    stickiness: "off",
    ...policy,
  };
  const snapshot = { format: 1 as const, routes: [route], policies: [rules] };
  return { identity, config: compileConfig({ ...config.source, snapshot }) };
}

export function callOf(members: object = {}): ModelCall {
  const body = { model: "gpt", messages: [{ role: "user", content: "hi" }], ...members };
  return readModelCall("chat-completions", Buffer.from(JSON.stringify(body)));
}

/** The same question in Anthropic's dialect. */
export function messagesCall(members: object = {}): ModelCall {
  const body = { model: "gpt", max_tokens: 9, messages: [{ role: "user", content: "hi" }], ...members };
  return readModelCall("messages", Buffer.from(JSON.stringify(body)));
}

/** A receipt as the phases before the attempt leave it. */
export function receiptOf(
  principal: Principal = principalOf(),
  call: ModelCall = callOf(),
  dialect: Dialect = openAiDialect,
): Receipt {
  const receipt = openReceipt({
    id: "0190a000-0000-7000-8000-000000000001",
    requestId: "request-1",
    endpoint: "/v1/chat/completions",
    dialect,
    acceptedAt: 0,
    createdAt: Date.UTC(2026, 0, 2),
  });
  receipt.principal = principal;
  receipt.call = call;
  return receipt;
}

/** Targets for a chat with a model of this name. */
export function targetsOf(model: string, config: Principal["config"]): readonly Target[] {
  return planFor(callOf({ model }), config, null).targets;
}

export function planOf(principal: Principal, call: ModelCall = callOf()): Plan {
  return planFor(call, principal.config, null);
}

function planFor(call: ModelCall, config: Principal["config"], metadata: Receipt["metadata"]): Plan {
  const means = { random: () => 0.5, latencies: { of: () => null } };
  return planTargets(call, shortlistsFor(call, config, metadata), means);
}

export function recordOf(overrides: Partial<RequestLogRecord> = {}): RequestLogRecord {
  return {
    id: "0190a000-0000-7000-8000-000000000001",
    workspace_id: "workspace-1",
    api_key_id: "key-1",
    request_id: "request-1",
    endpoint: "/v1/chat/completions",
    config_version: 4,
    route_id: null,
    requested_model: "gpt",
    provider: "mock",
    provider_key_id: "provider-key-1",
    upstream_model: "gpt",
    status_code: 200,
    error_code: null,
    error_message: null,
    streamed: false,
    input_tokens: 1,
    cached_input_tokens: 0,
    output_tokens: 2,
    reasoning_tokens: 0,
    usage_estimated: false,
    cost_micros: 5,
    duration_ms: 1,
    time_to_first_byte_ms: 1,
    overhead_us: 10,
    attempts: [],
    plan: [],
    metadata: null,
    user: null,
    created_at: "2026-01-02T00:00:00.000Z",
    ...overrides,
  };
}
