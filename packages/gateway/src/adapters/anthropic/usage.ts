import type { Usage } from "@perpetuo/contracts/usage";
import { saneTokenCount } from "../../price.ts";

type AnthropicUsage = {
  input_tokens?: unknown;
  cache_creation_input_tokens?: unknown;
  cache_creation?: { ephemeral_1h_input_tokens?: unknown } | null;
  cache_read_input_tokens?: unknown;
  output_tokens?: unknown;
  output_tokens_details?: { thinking_tokens?: unknown } | null;
};

/**
 * Anthropic's `usage` as the gateway counts it: its `input_tokens` leave out what was written to and read from the cache.
 * Null when the value does not count tokens. Source: Anthropic API reference, "Messages", `usage`.
 */
export function readUsage(value: unknown): Usage | null {
  if (typeof value !== "object" || value === null) return null;
  const usage = value as AnthropicUsage;
  if (typeof usage.input_tokens !== "number" && typeof usage.output_tokens !== "number") return null;
  const cached = saneTokenCount(usage.cache_read_input_tokens);
  const written = saneTokenCount(usage.cache_creation_input_tokens);
  const output = saneTokenCount(usage.output_tokens);
  const counted: Usage = {
    input_tokens: saneTokenCount(usage.input_tokens) + written + cached,
    cached_input_tokens: cached,
    output_tokens: output,
    reasoning_tokens: Math.min(saneTokenCount(usage.output_tokens_details?.thinking_tokens), output),
  };
  if (written > 0) counted.cache_write_tokens = written;
  const writtenForAnHour = saneTokenCount(usage.cache_creation?.ephemeral_1h_input_tokens);
  if (writtenForAnHour > 0) counted.cache_write_1h_tokens = Math.min(writtenForAnHour, written);
  return counted;
}

/**
 * A later `usage` of a stream. Its counts are cumulative: what it does not say the earlier one said, and a zero behind a
 * number, as some servers of this wire send, takes nothing back.
 */
export function laterUsage(earlier: unknown, later: unknown): unknown {
  if (typeof later !== "object" || later === null) return earlier;
  if (typeof earlier !== "object" || earlier === null) return later;
  const said = Object.entries(later).filter(([, value]) => value !== null && value !== 0);
  return { ...earlier, ...Object.fromEntries(said) };
}
