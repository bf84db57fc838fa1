import type { Usage } from "@perpetuo/contracts/usage";
import type { ModelCall } from "./adapter.ts";
import { costMicros, estimateInputTokens } from "./price.ts";
import { promptBytes } from "./prompt-bytes.ts";
import type { Shortlist } from "./routing/shortlist.ts";
import { readTextInput } from "./text-input.ts";

/** Reserved for an answer whose length neither the request nor the catalogue bounds more tightly. */
const reservedOutputTokens = 4_096;
/** Assumed of an answer where targets are compared by cost. */
const expectedOutputTokens = 500;
/** More answers to one question than any provider gives; a larger `n` is upstream's to refuse. */
const mostChoices = 128;
/** Stands for any larger count: no limit admits it, and sums of it stay exact. */
const mostTokens = 10_000_000_000;
/** Characters of a count that is still looked at. */
const longestCount = 64;

/**
 * What a request may take: its text's bytes ÷ 3 as input, and as output the limit that it names, else the
 * catalogue's for the model, capped by the route's policy or at 4,096 tokens. The cost is that of the dearest target
 * that could serve it; null when one of them has no known price (decision 18).
 */
export function estimateDemand(
  call: ModelCall,
  lists: readonly Shortlist[],
): { tokens: number; costMicros: number | null } {
  if (isFree(call)) return { tokens: 0, costMicros: 0 };
  const input = estimateInputTokens(promptBytes(call));
  const output = outputTokens(call, lists) * answers(call);
  const usage = { input_tokens: input, cached_input_tokens: 0, output_tokens: output, reasoning_tokens: 0 };
  let dearest: number | null = 0;
  for (const { options } of lists) {
    for (const { price } of options) {
      const cost = costMicros(usage, price);
      dearest = cost === null || dearest === null ? null : Math.max(dearest, cost);
    }
  }
  return { tokens: input + output, costMicros: dearest };
}

/** A count of tokens is no use of any: it takes from no limit but that of requests, and nobody is billed for it. */
export function isFree({ operation }: Pick<ModelCall, "operation">): boolean {
  return operation === "count-tokens";
}

/** What a request is likely to take, to compare targets by: most answers are short, whatever is reserved for them. */
export function expectedUsage(call: ModelCall): Usage {
  const output =
    call.operation === "embeddings"
      ? 0
      : Math.min(namedLimit(call) ?? expectedOutputTokens, expectedOutputTokens);
  return {
    input_tokens: estimateInputTokens(promptBytes(call)),
    cached_input_tokens: 0,
    output_tokens: output * answers(call),
    reasoning_tokens: 0,
  };
}

/** Providers differ on which of the two names counts; the larger is what may come. */
function namedLimit(call: ModelCall): number | null {
  const limits = [readCount(call, "max_completion_tokens"), readCount(call, "max_tokens")];
  const larger = Math.max(...limits.map((count) => count ?? -1));
  return larger >= 0 ? larger : null;
}

/** An embedding has none. */
function outputTokens(call: ModelCall, lists: readonly Shortlist[]): number {
  if (call.operation === "embeddings") return 0;
  const named = namedLimit(call);
  if (named !== null) return named;
  let most = 0;
  for (const { options, route } of lists) {
    const cap = route?.policy?.max_output_tokens ?? reservedOutputTokens;
    for (const { price } of options) most = Math.max(most, Math.min(price?.max_output_tokens ?? cap, cap));
  }
  return most;
}

/** Of several prompts each has as many as are asked for; `best_of` are written, of which `n` come. */
function answers(call: ModelCall): number {
  const asked = readCount(call, "n") ?? 1;
  if (call.operation !== "completions") return Math.min(Math.max(1, asked), mostChoices);
  const prompt = call.fields.get("prompt");
  const prompts = prompt ? (readTextInput(call.body, prompt)?.count ?? 1) : 1;
  return Math.min(Math.max(1, asked, readCount(call, "best_of") ?? 1), mostChoices) * prompts;
}

/**
 * A number from 0 on however it is written, `1e5` and `"100"` too: some providers take both, and what they take must
 * be reserved. Null for anything else, which upstream may judge.
 */
function readCount(call: ModelCall, field: string): number | null {
  const span = call.fields.get(field);
  if (!span) return null;
  if (span.end - span.start > longestCount) return mostTokens;
  const value: unknown = JSON.parse(call.body.toString("utf8", span.start, span.end));
  if ((typeof value !== "number" && typeof value !== "string") || value === "") return null;
  const count = Math.ceil(Number(value));
  return count >= 0 ? Math.min(count, mostTokens) : null;
}
