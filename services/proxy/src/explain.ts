import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { ModelCall } from "@perpetuo/gateway/adapter";
import { estimateDemand } from "@perpetuo/gateway/demand";
import { estimateInputTokens } from "@perpetuo/gateway/price";
import { promptBytes } from "@perpetuo/gateway/prompt-bytes";
import { explainRoutes } from "@perpetuo/gateway/routing/explain-routes";
import { shortlistsFor } from "@perpetuo/gateway/routing/shortlists";
import type { Plan } from "@perpetuo/gateway/routing/target";
import { type AnswerHeadersDeps, answerHeaders } from "./answer-headers.ts";
import type { Ending } from "./ending.ts";
import type { RequestHead } from "./exchange.ts";
import type { Principal } from "./key-cache.ts";
import type { Receipt } from "./receipt.ts";

/**
 * Whether the client asks what would be done instead of having it done: `x-perpetuo-explain: 1`. Throws
 * `PerpetuoError` (400) for another value, because the call that it would make instead is paid.
 */
export function isDryRun({ explain }: RequestHead): boolean {
  if (explain === null) return false;
  if (explain === "1") return true;
  throw new PerpetuoError("invalid_request", {
    message: "x-perpetuo-explain must be 1.",
    param: "x-perpetuo-explain",
  });
}

/** The plan as the answer: who asks, which targets would be called in which order and why, and what it may take. */
export function explain(
  plan: Plan,
  { call, principal, receipt }: { call: ModelCall; principal: Principal; receipt: Receipt },
  deps: AnswerHeadersDeps,
): Ending {
  const { config } = principal;
  const { metadata } = receipt;
  const demand = estimateDemand(call, shortlistsFor(call, config, metadata));
  const explanation = {
    object: "perpetuo.explanation",
    api_key_id: principal.identity.api_key_id,
    config_version: config.version,
    requested_model: call.model,
    route_id: plan.routeId,
    routes: explainRoutes({ operation: call.operation, model: call.model, metadata }, config),
    policy: plan.policy,
    targets: plan.targets.map(({ providerKey, upstreamModel }) => ({
      provider_key_id: providerKey.provider_key_id,
      provider: providerKey.provider,
      upstream_model: upstreamModel,
    })),
    candidates: plan.candidates,
    estimated_input_tokens: estimateInputTokens(promptBytes(call)),
    // The most that is reserved, for input and output; the cost is null without a known price.
    reserved_tokens: demand.tokens,
    reserved_cost_micros: demand.costMicros,
    limits: {
      requests_per_minute: receipt.admission?.requests ?? null,
      tokens_per_minute: receipt.admission?.tokens ?? null,
    },
  };
  return {
    kind: "whole",
    status: 200,
    headers: answerHeaders([["content-type", "application/json"]], receipt, deps),
    body: Buffer.from(JSON.stringify(explanation)),
    failure: null,
  };
}
