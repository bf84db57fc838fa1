import type { Usage } from "@perpetuo/contracts/usage";
import { saneTokenCount } from "../../price.ts";

/** OpenAI's `usage` object as the gateway counts it; null when the value does not count tokens. */
export function readUsage(value: unknown): Usage | null {
  if (typeof value !== "object" || value === null) return null;
  const usage = value as {
    prompt_tokens?: unknown;
    completion_tokens?: unknown;
    prompt_tokens_details?: { cached_tokens?: unknown } | null;
    completion_tokens_details?: { reasoning_tokens?: unknown } | null;
  };
  if (typeof usage.prompt_tokens !== "number" && typeof usage.completion_tokens !== "number") return null;
  const input = saneTokenCount(usage.prompt_tokens);
  const output = saneTokenCount(usage.completion_tokens);
  return {
    input_tokens: input,
    cached_input_tokens: Math.min(saneTokenCount(usage.prompt_tokens_details?.cached_tokens), input),
    output_tokens: output,
    reasoning_tokens: Math.min(saneTokenCount(usage.completion_tokens_details?.reasoning_tokens), output),
  };
}
