import type { PlanCandidate } from "@perpetuo/contracts/request-log";
import type { Target } from "./target.ts";

/** Candidates of either verdict that a trace names one by one. A row repeats it, and a workspace may have hundreds of keys. */
const mostNamed = { target: 16, skipped: 8 } as const;

/** A word on a target that may be asked. */
export function targetCandidate({ providerKey, upstreamModel }: Target, reason: string): PlanCandidate {
  const { provider_key_id, provider } = providerKey;
  return { provider_key_id, provider, upstream_model: upstreamModel, verdict: "target", reason };
}

/** The trace as rows carry it: of many candidates the first ones, and how many there are beyond them. */
export function boundTrace(candidates: PlanCandidate[]): PlanCandidate[] {
  if (candidates.length <= mostNamed.target + mostNamed.skipped) return candidates;
  const seen = { target: 0, skipped: 0 };
  const named = candidates.filter(({ verdict }) => seen[verdict]++ < mostNamed[verdict]);
  return named.map((candidate, index) => {
    const { verdict, reason } = candidate;
    const more = seen[verdict] - mostNamed[verdict];
    const isLast = named.findLastIndex((other) => other.verdict === verdict) === index;
    if (more <= 0 || !isLast) return candidate;
    return { ...candidate, reason: `${reason} (and ${more} more that are ${verdicts[verdict]})` };
  });
}

const verdicts = { target: "targets", skipped: "skipped" } as const;
