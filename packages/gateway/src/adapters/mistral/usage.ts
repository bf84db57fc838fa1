import type { Usage } from "@perpetuo/contracts/usage";
import { saneTokenCount } from "../../price.ts";
import { readUsage as readOpenAiUsage } from "../openai/usage.ts";

/** Mistral's `usage` is OpenAI's, but that the cached tokens may have a name of their own. */
export function readUsage(value: unknown): Usage | null {
  const usage = readOpenAiUsage(value);
  if (usage === null || usage.cached_input_tokens > 0) return usage;
  const cached = saneTokenCount((value as { num_cached_tokens?: unknown }).num_cached_tokens);
  return { ...usage, cached_input_tokens: Math.min(cached, usage.input_tokens) };
}
