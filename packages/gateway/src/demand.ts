import type { PricedModel } from "@perpetuo/contracts/usage";
import type { ModelCall } from "./adapter.ts";
import type { CompiledConfig } from "./compiled-config.ts";
import { planTargets } from "./plan.ts";
import { costMicros, estimateInputTokens } from "./price.ts";

/** Reserved for an answer whose length neither the request nor the catalogue bounds more tightly. */
const reservedOutputTokens = 4_096;
/** More answers to one question than any provider gives; a larger `n` is upstream's to refuse. */
const mostChoices = 128;

/**
 * What a request may take: its text's bytes ÷ 3 as input, and as output the limit that it names, else the
 * catalogue's for the model, capped at 4,096 tokens. The cost is that of the dearest target that could serve it; null
 * when one of them has no known price (decision 18).
 */
export function estimateDemand(
  call: ModelCall,
  config: CompiledConfig,
): { tokens: number; costMicros: number | null } {
  const prices = planTargets(call.model, config, () => 0).targets.map(({ providerKey, upstreamModel }) =>
    config.price(providerKey.provider, upstreamModel),
  );
  const span = call.fields.get("messages");
  const input = estimateInputTokens(span ? span.end - span.start : call.body.length);
  const output = outputTokens(call, prices) * choices(call);
  const usage = { input_tokens: input, cached_input_tokens: 0, output_tokens: output, reasoning_tokens: 0 };
  let dearest: number | null = 0;
  for (const price of prices) {
    const cost = costMicros(usage, price);
    dearest = cost === null || dearest === null ? null : Math.max(dearest, cost);
  }
  return { tokens: input + output, costMicros: dearest };
}

function outputTokens(call: ModelCall, prices: (PricedModel | null)[]): number {
  const named = readCount(call, "max_completion_tokens") ?? readCount(call, "max_tokens");
  if (named !== null) return named;
  const most = Math.max(0, ...prices.map((price) => price?.max_output_tokens ?? reservedOutputTokens));
  return Math.min(most, reservedOutputTokens);
}

function choices(call: ModelCall): number {
  return Math.min(Math.max(1, readCount(call, "n") ?? 1), mostChoices);
}

/** A whole number from 0 on; null for anything else, which upstream may judge. */
function readCount(call: ModelCall, field: string): number | null {
  const span = call.fields.get(field);
  if (!span || span.end - span.start > 15) return null;
  const text = call.body.toString("latin1", span.start, span.end);
  return /^\d{1,10}$/.test(text) ? Number(text) : null;
}
