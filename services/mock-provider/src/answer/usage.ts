import type { Behaviour } from "../behaviour/behaviour.ts";
import type { ReportedUsage } from "./answer.ts";

/**
 * Tokens of a prompt: one for every four bytes, rounded up, of the compact JSON of `messages`, `prompt` or `input`.
 */
export function promptTokens(input: unknown): number {
  return Math.ceil(Buffer.byteLength(JSON.stringify(input) ?? "") / 4);
}

/** What the mock says that it used: the truth times `usage_factor`. Null when it reports nothing. */
export function reportedUsage(
  behaviour: Behaviour,
  truth: { prompt: number; completion: number },
): ReportedUsage | null {
  const { reported, factor } = behaviour.usage;
  if (!reported || !Number.isFinite(truth.completion)) return null;
  return {
    prompt_tokens: Math.round(truth.prompt * factor),
    completion_tokens: Math.round(truth.completion * factor),
  };
}

/** The `usage` member of an answer, with the details that OpenAI sends. */
export function usageMember(usage: ReportedUsage | null, behaviour: Behaviour): object | undefined {
  if (usage === null) return undefined;
  return {
    ...usage,
    total_tokens: usage.prompt_tokens + usage.completion_tokens,
    prompt_tokens_details: { cached_tokens: behaviour.usage.cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: behaviour.usage.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
