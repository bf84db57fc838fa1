import type { Behaviour, Failure } from "./behaviour.ts";

/** Keys remembered at once; the oldest is forgotten first, so that a long-lived mock stays small. */
const maximumKeys = 10_000;

/** Counts the calls of each `fail_first` key. */
export type FirstCalls = {
  /** The failure that this call gets; counts the call when the behaviour is keyed. */
  failureOf(behaviour: Behaviour): Failure;
  clear(): void;
};

export function createFirstCalls(): FirstCalls {
  const counts = new Map<string, number>();
  return {
    failureOf(behaviour) {
      if (behaviour.failFirst === null) return behaviour.failure;
      const { count, key } = behaviour.failFirst;
      const calls = (counts.get(key) ?? 0) + 1;
      counts.set(key, calls);
      if (counts.size > maximumKeys) {
        const [oldest] = counts.keys();
        if (oldest !== undefined) counts.delete(oldest);
      }
      return calls <= count ? behaviour.failure : { kind: "none" };
    },
    clear: () => counts.clear(),
  };
}
