import type { Usage } from "@perpetuo/contracts/usage";
import { saneTokenCount } from "../../price.ts";

/** What is billed, and what was read and written: with the provider's own instructions, which nobody pays for. */
export type CohereUsage = { billed: Usage; shown: Usage };

type Counts = { input_tokens?: unknown; output_tokens?: unknown };

/** Cohere's `usage`; null when it does not count tokens. Source: Cohere API reference, "Chat", `usage`. */
export function readUsage(value: unknown): CohereUsage | null {
  if (typeof value !== "object" || value === null) return null;
  const { billed_units, tokens, cached_tokens } = value as Record<string, unknown>;
  const cached = saneTokenCount(cached_tokens);
  const read = countsOf(tokens, cached);
  // Of the billed tokens none is known to have come from the cache.
  const billed = countsOf(billed_units, 0) ?? read;
  return billed === null ? null : { billed, shown: read ?? billed };
}

function countsOf(value: unknown, cached: number): Usage | null {
  if (typeof value !== "object" || value === null) return null;
  const { input_tokens, output_tokens } = value as Counts;
  if (typeof input_tokens !== "number" && typeof output_tokens !== "number") return null;
  const input = saneTokenCount(input_tokens);
  return {
    input_tokens: input,
    cached_input_tokens: Math.min(cached, input),
    output_tokens: saneTokenCount(output_tokens),
    reasoning_tokens: 0,
  };
}
