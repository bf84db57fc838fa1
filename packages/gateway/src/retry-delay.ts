import type { UpstreamFailure } from "./failure.ts";

const transientBaseMs = 50;
const throttlingBaseMs = 1_000;
const longestBackoffMs = 8_000;
/** A client that waits longer than this is better served by the error. */
const longestInlineWaitMs = 5_000;
/** OpenAI's and Anthropic's SDKs believe no longer wait either. */
const longestCooldownMs = 60_000;

/**
 * Milliseconds to wait before the same target is asked again: exponential backoff with full jitter, on top of what the
 * upstream asked for. Null when it asked for more than a request waits. `repeats` counts those made already.
 */
export function retryDelayMs(
  { status, retryAfterSeconds }: Pick<UpstreamFailure, "status" | "retryAfterSeconds">,
  { repeats, random }: { repeats: number; random: () => number },
): number | null {
  const base = status === 429 && retryAfterSeconds === null ? throttlingBaseMs : transientBaseMs;
  const backoff = random() * Math.min(longestBackoffMs, base * 2 ** repeats);
  const asked = status === 429 ? cooldownMs(retryAfterSeconds) : (retryAfterSeconds ?? 0) * 1_000;
  return mayWaitInline(asked) ? asked + backoff : null;
}

/** Whether a request waits so long for a target that it has no alternative to. */
export function mayWaitInline(milliseconds: number): boolean {
  return milliseconds <= longestInlineWaitMs;
}

/** How long a target is left alone after a 429, in milliseconds. */
export function cooldownMs(retryAfterSeconds: number | null): number {
  return retryAfterSeconds === null
    ? throttlingBaseMs
    : Math.min(longestCooldownMs, retryAfterSeconds * 1_000);
}
