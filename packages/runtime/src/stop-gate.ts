/** What a signal asks for: the first one an orderly stop, an impatient one an end at once, its echoes nothing. */
export type StopDecision = { kind: "stop" } | { kind: "echo" } | { kind: "exit" };

/**
 * Tells a second request to stop from an echo of the first. Ctrl-C reaches every process of a terminal's group, and npm
 * and a supervisor pass it on to the same processes once more; without the window that echo would cut the streams
 * that the first signal asked to finish.
 */
export function createStopGate(settings: { now: () => number; windowMs: number }): () => StopDecision {
  let firstAt: number | null = null;
  return () => {
    const now = settings.now();
    if (firstAt === null) {
      firstAt = now;
      return { kind: "stop" };
    }
    return now - firstAt < settings.windowMs ? { kind: "echo" } : { kind: "exit" };
  };
}
