/**
 * What a signal asks for: the first one an orderly stop, an impatient one a quick stop, one after that an end at once,
 * and the echoes of a signal nothing.
 */
export type StopDecision = { kind: "stop" } | { kind: "echo" } | { kind: "hurry" } | { kind: "exit" };

/**
 * Tells a further request to stop from an echo of the one before. Ctrl-C reaches every process of a terminal's group, and
 * npm and a supervisor pass it on to the same processes once more; without the window that echo would cut the streams
 * that the first signal asked to finish.
 */
export function createStopGate(settings: { now: () => number; windowMs: number }): () => StopDecision {
  const decisions: StopDecision["kind"][] = ["stop", "hurry"];
  let decidedAt: number | null = null;
  return () => {
    const now = settings.now();
    if (decidedAt !== null && now - decidedAt < settings.windowMs) return { kind: "echo" };
    decidedAt = now;
    return { kind: decisions.shift() ?? "exit" };
  };
}
