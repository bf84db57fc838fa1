import type { Usage } from "@perpetuo/contracts/usage";
import { saneTokenCount } from "../../price.ts";

/**
 * OpenAI's `usage` object as the gateway counts it. Null when the value does not count tokens, or counts them as nobody
 * can: a provider that reports minus five tokens is estimated, not served for nothing.
 */
export function readUsage(value: unknown): Usage | null {
  if (typeof value !== "object" || value === null) return null;
  const usage = value as {
    prompt_tokens?: unknown;
    completion_tokens?: unknown;
    prompt_tokens_details?: { cached_tokens?: unknown } | null;
    completion_tokens_details?: { reasoning_tokens?: unknown } | null;
  };
  const { prompt_tokens, completion_tokens } = usage;
  if (typeof prompt_tokens !== "number" && typeof completion_tokens !== "number") return null;
  if (!isCountOrAbsent(prompt_tokens) || !isCountOrAbsent(completion_tokens)) return null;
  const input = saneTokenCount(prompt_tokens);
  const output = saneTokenCount(completion_tokens);
  return {
    input_tokens: input,
    cached_input_tokens: Math.min(saneTokenCount(usage.prompt_tokens_details?.cached_tokens), input),
    output_tokens: output,
    reasoning_tokens: Math.min(saneTokenCount(usage.completion_tokens_details?.reasoning_tokens), output),
  };
}

function isCountOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === saneTokenCount(value);
}
