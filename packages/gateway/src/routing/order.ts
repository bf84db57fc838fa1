import type { PlanCandidate } from "@perpetuo/contracts/request-log";
import type { Usage } from "@perpetuo/contracts/usage";
import { costMicros } from "../price.ts";
import { unitOf } from "./hash.ts";
import type { Latency } from "./latency.ts";
import { type Option, type Shortlist, standingReason } from "./shortlist.ts";
import type { Plan, Target } from "./target.ts";
import { boundTrace, targetCandidate } from "./trace.ts";

/** Share of the requests that ask a target whose latency is not known, or not of late. */
const exploredShare = 0.1;
const staleAfterMs = 60_000;
/** Latencies so near to the best one are held equal: a share of it, or milliseconds. */
const nearShare = 0.2;
const nearMs = 10;

/** Ranks behind every other. */
const last = Number.MAX_VALUE;

/** What an order may depend on beside the config. Each is asked for only where the strategy needs it. */
export type OrderFacts = {
  /** Yields numbers in [0, 1). */
  random: () => number;
  /** Null where it is unknown. */
  latencyOf: (target: Target) => Latency | null;
  /** What the request is expected to take. */
  expectedUsage: () => Usage;
  /** What the turns of a conversation have in common; null where nothing tells. */
  conversation: () => number | null;
};

/** `reason` null: the one that the shortlist has for every request. */
type Ranked = { readonly option: Option; rank: number; reason: string | null };

/**
 * The shortlist in the order of its strategy. Options of one rank are drawn by weight, or by the conversation where
 * the route is sticky: then every turn finds the same one first, and the same next one behind it.
 */
export function orderShortlist(list: Shortlist, facts: OrderFacts): Plan {
  if (list.order === "fixed") return list.plan;
  const isSticky = list.route?.policy?.stickiness === "conversation";
  const conversation = isSticky ? facts.conversation() : null;
  const drawn = rank(list, facts).map((ranked) => {
    const { hash, weight } = ranked.option;
    const unit = conversation === null ? facts.random() : unitOf(conversation, hash);
    // Weighted sampling without replacement (Efraimidis and Spirakis, 2006); with a hash for the draw it orders as weighted
    // rendezvous hashing does, whose score -weight/ln(unit) grows with the same power.
    return { ...ranked, draw: unit ** (1 / weight) };
  });
  drawn.sort((left, right) => left.rank - right.rank || right.draw - left.draw);
  const [first, second] = drawn;
  const stays = conversation !== null && first !== undefined && first.rank === second?.rank;
  return {
    ...list.plan,
    targets: drawn.map(({ option }) => option.target),
    candidates: traceOf(list, drawn, stays ? first.option.target : null),
  };
}

function rank(list: Shortlist, facts: OrderFacts): Ranked[] {
  const { options } = list;
  switch (list.route?.config.strategy ?? "priority") {
    case "priority":
      return options.map((option) => ({ option, rank: option.priority, reason: null }));
    case "weighted":
      return options.map((option) => ({ option, rank: 0, reason: null }));
    case "least-cost":
      return rankByCost(options, facts.expectedUsage());
    case "least-latency":
      return rankByLatency(options, facts);
  }
}

function rankByCost(options: readonly Option[], usage: Usage): Ranked[] {
  return options.map((option) => {
    const cost = costMicros(usage, option.price);
    return cost === null
      ? { option, rank: last, reason: "no known price, so last" }
      : { option, rank: cost, reason: `about $${(cost / 1_000_000).toFixed(6)}` };
  });
}

function rankByLatency(options: readonly Option[], { latencyOf, random }: OrderFacts): Ranked[] {
  const latencies = options.map(({ target }) => latencyOf(target));
  const best = Math.min(last, ...latencies.map((latency) => latency?.ms ?? last));
  const near = Math.max(best * (1 + nearShare), best + nearMs);
  const ranked = options.map((option, index): Ranked => {
    const latency = latencies[index] ?? null;
    if (latency === null) return { option, rank: last, reason: "not measured yet" };
    const reason = `${Math.round(latency.ms)} ms to the first byte`;
    return { option, rank: latency.ms <= near ? best : latency.ms, reason };
  });
  const unknown = ranked.filter(
    (entry, index) => entry.rank > best && (latencies[index]?.ageMs ?? staleAfterMs) >= staleAfterMs,
  );
  const explored =
    unknown.length > 0 && random() < exploredShare
      ? unknown[Math.floor(random() * unknown.length)]
      : undefined;
  if (explored !== undefined) {
    explored.rank = -1;
    explored.reason = `asked to be measured: ${explored.reason}`;
  }
  return ranked;
}

/** Shared by all requests where it says nothing of this one alone. */
function traceOf(list: Shortlist, ranked: readonly Ranked[], sticky: Target | null): PlanCandidate[] {
  if (sticky === null && ranked.every(({ reason }) => reason === null)) return list.plan.candidates;
  const targets = ranked.map(({ option, reason }) => {
    const said = reason ?? standingReason(option, list);
    const isSticky = option.target === sticky;
    return targetCandidate(option.target, isSticky ? `${said}, sticky: the conversation's own` : said);
  });
  const skipped = list.entries.flatMap((entry) => (entry.kind === "skipped" ? [entry.candidate] : []));
  return boundTrace([...targets, ...skipped]);
}
