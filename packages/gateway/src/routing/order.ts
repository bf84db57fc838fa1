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
  /** A number in [0, 1), another one each time. */
  random(): number;
  /** Null where it is unknown. */
  latencyOf(target: Target): Latency | null;
  /** What the request is expected to take. */
  expectedUsage(): Usage;
  /** What the turns of a conversation have in common; null where nothing tells. */
  conversation(): number | null;
};

/** `reason` null: the one that the shortlist has for every request. Of one rank the highest draw comes first. */
type Ranked = { readonly option: Option; rank: number; draw: number; reason: string | null };

/**
 * The shortlist in the order of its strategy. Options of one rank are drawn by weight, or by the conversation where
 * the route is sticky: then every turn finds the same one first, and the same next one behind it.
 */
export function orderShortlist(list: Shortlist, facts: OrderFacts): Plan {
  if (list.order === "fixed") return list.plan;
  const isSticky = list.route?.policy?.stickiness === "conversation";
  const conversation = isSticky ? facts.conversation() : null;
  const ranked = rank(list, facts);
  for (const entry of ranked) {
    const { hash, weight } = entry.option;
    const unit = conversation === null ? facts.random() : unitOf(conversation, hash);
    // Weighted sampling without replacement sorts by unit^(1/weight) (Efraimidis and Spirakis, 2006), of which this is the
    // logarithm. With a hash for the draw it is weighted rendezvous hashing, whose score is -weight/ln(unit).
    entry.draw = Math.log(unit) / weight;
  }
  ranked.sort((left, right) => left.rank - right.rank || right.draw - left.draw);
  const [first, second] = ranked;
  const stays = conversation !== null && first !== undefined && first.rank === second?.rank;
  const { routeId, policy, passedOver } = list.plan;
  const targets = ranked.map(({ option }) => option.target);
  const candidates = traceOf(list, ranked, stays ? first.option.target : null);
  return { routeId, policy, targets, passedOver, candidates };
}

function rank(list: Shortlist, facts: OrderFacts): Ranked[] {
  const { options } = list;
  switch (list.route?.config.strategy ?? "priority") {
    case "priority":
      return options.map((option) => ({ option, rank: option.priority, draw: 0, reason: null }));
    case "weighted":
      return options.map((option) => ({ option, rank: 0, draw: 0, reason: null }));
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
      ? { option, rank: last, draw: 0, reason: "no known price, so last" }
      : { option, rank: cost, draw: 0, reason: `about $${(cost / 1_000_000).toFixed(6)}` };
  });
}

function rankByLatency(options: readonly Option[], facts: OrderFacts): Ranked[] {
  const latencies = options.map(({ target }) => facts.latencyOf(target));
  const best = Math.min(last, ...latencies.map((latency) => latency?.ms ?? last));
  const near = Math.max(best * (1 + nearShare), best + nearMs);
  const ranked = options.map((option, index): Ranked => {
    const latency = latencies[index] ?? null;
    if (latency === null) return { option, rank: last, draw: 0, reason: "not measured yet" };
    const reason = `${Math.round(latency.ms)} ms to the first byte`;
    return { option, rank: latency.ms <= near ? best : latency.ms, draw: 0, reason };
  });
  const unknown = ranked.filter(
    (entry, index) => entry.rank > best && (latencies[index]?.ageMs ?? staleAfterMs) >= staleAfterMs,
  );
  const isExploring = unknown.length > 0 && facts.random() < exploredShare;
  const explored = isExploring ? unknown[Math.floor(facts.random() * unknown.length)] : undefined;
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
