import { setTimeout as delay } from "node:timers/promises";

export type WaitOptions = {
  /** What is waited for, for the error. */
  what: string;
  timeoutMs: number;
  pollMs?: number;
  /** Ends the wait early: what made it hopeless. */
  hopeless?: () => string | null;
  /** Added to the error's message. */
  details?: () => string;
};

/**
 * Asks again and again, for what can only be asked: another process's state. `null` and a thrown error mean "not yet".
 * Throws with the last error after the time.
 */
export async function waitUntil<TValue>(
  ask: () => Promise<TValue | null>,
  options: WaitOptions,
): Promise<TValue> {
  const deadline = Date.now() + options.timeoutMs;
  let lastError: unknown = null;
  for (;;) {
    try {
      const value = await ask();
      if (value !== null) return value;
      lastError = null;
    } catch (error) {
      lastError = error;
    }
    const reason = options.hopeless?.() ?? (Date.now() > deadline ? `after ${options.timeoutMs} ms` : null);
    if (reason !== null) {
      const details = options.details?.() ?? "";
      throw new Error(`Gave up waiting for ${options.what}: ${reason}.\n${details}`, { cause: lastError });
    }
    await delay(options.pollMs ?? 25);
  }
}
