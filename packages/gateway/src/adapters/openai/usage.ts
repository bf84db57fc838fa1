import type { Usage } from "@perpetuo/contracts/usage";
import { saneTokenCount } from "../../price.ts";

type OpenAiUsage = {
  prompt_tokens?: unknown;
  completion_tokens?: unknown;
  total_tokens?: unknown;
  prompt_tokens_details?: PromptDetails | null;
  completion_tokens_details?: { reasoning_tokens?: unknown; audio_tokens?: unknown } | null;
  /** DeepSeek's word for the cached tokens. */
  prompt_cache_hit_tokens?: unknown;
};
type PromptDetails = { cached_tokens?: unknown; cache_write_tokens?: unknown; audio_tokens?: unknown };

/**
 * OpenAI's `usage` object as the gateway counts it. Null when the value does not count tokens, or counts them as nobody
 * can: a provider that reports minus five tokens is estimated, not served for nothing.
 */
export function readUsage(value: unknown): Usage | null {
  if (typeof value !== "object" || value === null) return null;
  const usage = value as OpenAiUsage;
  const { prompt_tokens, completion_tokens } = usage;
  if (typeof prompt_tokens !== "number" && typeof completion_tokens !== "number") return null;
  if (!isCountOrAbsent(prompt_tokens) || !isCountOrAbsent(completion_tokens)) return null;
  const input = saneTokenCount(prompt_tokens);
  const prompt = usage.prompt_tokens_details;
  const reasoning = saneTokenCount(usage.completion_tokens_details?.reasoning_tokens);
  const output = outputTokens(usage, reasoning);
  const counted: Usage = {
    input_tokens: input,
    cached_input_tokens: Math.min(
      saneTokenCount(prompt?.cached_tokens ?? usage.prompt_cache_hit_tokens),
      input,
    ),
    output_tokens: output,
    reasoning_tokens: Math.min(reasoning, output),
  };
  const written = saneTokenCount(prompt?.cache_write_tokens);
  if (written > 0) counted.cache_write_tokens = Math.min(written, input - counted.cached_input_tokens);
  const heard = saneTokenCount(prompt?.audio_tokens);
  if (heard > 0) counted.input_audio_tokens = Math.min(heard, input);
  const spoken = saneTokenCount(usage.completion_tokens_details?.audio_tokens);
  if (spoken > 0) counted.output_audio_tokens = Math.min(spoken, output);
  return counted;
}

/** Groq's own place for a stream's usage, where OpenAI's is not filled. */
export function readGroqUsage(value: unknown): Usage | null {
  return typeof value === "object" && value !== null ? readUsage((value as { usage?: unknown }).usage) : null;
}

/** xAI leaves the reasoning out of `completion_tokens`, and its total tells so; OpenAI's has it in. */
function outputTokens(usage: OpenAiUsage, reasoning: number): number {
  const output = saneTokenCount(usage.completion_tokens);
  if (reasoning === 0) return output;
  const isApart = usage.total_tokens === saneTokenCount(usage.prompt_tokens) + output + reasoning;
  return isApart ? output + reasoning : output;
}

function isCountOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === saneTokenCount(value);
}
