import type { ProviderName } from "@perpetuo/contracts/providers";
import type { PlanCandidate } from "@perpetuo/contracts/request-log";
import type { PolicyConfig, RouteStrategy } from "@perpetuo/contracts/routing";
import type { Usage } from "@perpetuo/contracts/usage";
import type { CompiledConfig } from "../compiled-config.ts";
import { judgeRoute, type Metadata, type RouteVerdict } from "./compiled-route.ts";
import { orderShortlist } from "./order.ts";
import type { WantedModel } from "./shortlist.ts";
import { shortlistsFor } from "./shortlists.ts";

/** A request as far as routes look at it. */
export type RoutedRequest = WantedModel & { metadata: Metadata };

/** What one route says to a request. `shadowed`: it fits, and another one that fits stands before it. */
export type ExplainedRoute = {
  route_id: string;
  name: string;
  strategy: RouteStrategy;
  verdict: "answers" | "shadowed" | "does-not-fit";
  reason: string;
};

/** Who would answer a request, and why. */
export type RoutesExplanation = {
  /** Null: no route fits, and the provider keys that serve the name are asked by priority. */
  route_id: string | null;
  policy: PolicyConfig | null;
  /** Every route, in order. */
  routes: ExplainedRoute[];
  /** In the order in which they would be asked; where the order is drawn, the likeliest one. */
  targets: { provider_key_id: string; provider: ProviderName; upstream_model: string }[];
  candidates: PlanCandidate[];
};

/** A request of a thousand tokens, to show costs by where there is no request. */
const sampleUsage: Usage = {
  input_tokens: 1_000,
  cached_input_tokens: 0,
  output_tokens: 500,
  reasoning_tokens: 0,
};

/**
 * Explains a request by the config alone, without calling anybody. What only the data plane knows is left out: latencies
 * are unknown, every target counts as healthy, and costs are those of 1,000 tokens in and 500 out.
 */
export function explainRequest(request: RoutedRequest, config: CompiledConfig): RoutesExplanation {
  const lists = shortlistsFor({ ...request, preference: null }, config, request.metadata);
  const plan = orderShortlist(lists[0] as (typeof lists)[number], {
    random: () => 0.5,
    latencyOf: () => null,
    expectedUsage: () => sampleUsage,
    conversation: () => null,
  });
  return {
    route_id: plan.routeId,
    policy: plan.policy,
    routes: explainRoutes(request, config),
    targets: plan.targets.map(({ providerKey, upstreamModel }) => ({
      provider_key_id: providerKey.provider_key_id,
      provider: providerKey.provider,
      upstream_model: upstreamModel,
    })),
    candidates: plan.candidates,
  };
}

/** Which route answers, and why each of the others does not. */
export function explainRoutes(
  { model, metadata }: RoutedRequest,
  { routes }: CompiledConfig,
): ExplainedRoute[] {
  let answering: string | null = null;
  return routes.map((route) => {
    const { route_id, name, strategy } = route.config;
    const verdict = judgeRoute(route, model, metadata);
    if (verdict.kind !== "fits") {
      return { route_id, name, strategy, verdict: "does-not-fit", reason: words(verdict) };
    }
    if (answering !== null) {
      const reason = `the route '${answering}' stands before it`;
      return { route_id, name, strategy, verdict: "shadowed", reason };
    }
    answering = name;
    return { route_id, name, strategy, verdict: "answers", reason: "the first route that fits" };
  });
}

/** The values that a route wants are its owner's, and whoever holds an API key may ask. */
function words(verdict: Exclude<RouteVerdict, { kind: "fits" }>): string {
  switch (verdict.kind) {
    case "other-name":
      return "it is not for this model";
    case "metadata-absent":
      return `the request's metadata has no '${verdict.entry}'`;
    case "metadata-differs":
      return `the request's metadata has another '${verdict.entry}'`;
  }
}
