import type { Usage } from "@perpetuo/contracts/usage";
import { saneTokenCount } from "../../price.ts";

/**
 * Gemini's `usageMetadata` as the gateway counts it: its `candidatesTokenCount` leaves out the thoughts, and what tools put into the
 * prompt has a count of its own. Null when the value does not count tokens. Source: Gemini API reference, `UsageMetadata`.
 */
export function readUsage(value: unknown): Usage | null {
  if (typeof value !== "object" || value === null) return null;
  const usage = value as Record<string, unknown>;
  if (typeof usage["promptTokenCount"] !== "number") return null;
  const input = saneTokenCount(usage["promptTokenCount"]) + saneTokenCount(usage["toolUsePromptTokenCount"]);
  const thoughts = saneTokenCount(usage["thoughtsTokenCount"]);
  const counted: Usage = {
    input_tokens: input,
    cached_input_tokens: Math.min(saneTokenCount(usage["cachedContentTokenCount"]), input),
    output_tokens: saneTokenCount(usage["candidatesTokenCount"]) + thoughts,
    reasoning_tokens: thoughts,
  };
  // What was heard and came from the cache is billed as cached.
  const heard = audioTokens(usage["promptTokensDetails"]) - audioTokens(usage["cacheTokensDetails"]);
  if (heard > 0) counted.input_audio_tokens = Math.min(heard, input);
  const spoken = audioTokens(usage["candidatesTokensDetails"]);
  if (spoken > 0) counted.output_audio_tokens = Math.min(spoken, counted.output_tokens);
  return counted;
}

/** The audio of a count by modality, `[{modality, tokenCount}]`. */
function audioTokens(details: unknown): number {
  if (!Array.isArray(details)) return 0;
  const audio: { tokenCount?: unknown } | undefined = details.find((part) => part?.modality === "AUDIO");
  return saneTokenCount(audio?.tokenCount);
}
