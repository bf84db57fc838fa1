import type { PolicyConfig, RouteConfig } from "@perpetuo/contracts/routing";
import { describe, expect, test } from "vitest";
import type { Latency } from "./latency.ts";
import {
  callOf,
  configOf,
  keyOf,
  keysOf,
  planFor,
  policyOf,
  priceOf,
  routeOf,
  seededRandom,
} from "./routing.test-fixture.ts";
import type { Target } from "./target.ts";

const rounds = 4_000;

function routed(
  strategy: RouteConfig["strategy"],
  targets: Parameters<typeof routeOf>[0],
  {
    stickiness = "off",
    prices = [],
  }: Partial<Pick<PolicyConfig, "stickiness">> & { prices?: ReturnType<typeof priceOf>[] } = {},
) {
  return configOf({
    keys: Object.keys(targets).map((id) => keyOf(id)),
    routes: [routeOf(targets, { strategy, policy_id: "policy" })],
    policies: [policyOf({ stickiness })],
    prices,
  });
}

/** How often each key comes first. */
function shares(first: (round: number) => string | undefined): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let round = 0; round < rounds; round++) {
    const key = first(round) ?? "nobody";
    counts[key] = (counts[key] ?? 0) + 1 / rounds;
  }
  return counts;
}

const reasonsOf = (plan: ReturnType<typeof planFor>) => plan.candidates.map(({ reason }) => reason);

describe("priority", () => {
  test("many requests · one plan", () => {
    const config = routed("priority", { a: {}, b: {} }, { stickiness: "conversation" });
    expect(planFor(config)).toBe(planFor(config, callOf({ stream: true })));
    expect(keysOf(planFor(config))).toEqual(["a", "b"]);
  });
});

describe("weighted", () => {
  const config = routed("weighted", { light: { weight: 1 }, middle: { weight: 3 }, heavy: { weight: 6 } });

  test("many draws · first places by weight", () => {
    const random = seededRandom();
    const found = shares(() => keysOf(planFor(config, callOf(), { random }))[0]);
    expect(found["light"]).toBeCloseTo(0.1, 1);
    expect(found["middle"]).toBeCloseTo(0.3, 1);
    expect(found["heavy"]).toBeCloseTo(0.6, 1);
  });

  test("many draws · what remains is drawn by weight as well, and the trace is shared", () => {
    const random = seededRandom(7);
    const plans = Array.from({ length: rounds }, () => planFor(config, callOf(), { random }));
    const behindHeavy = plans.map(keysOf).filter(([first]) => first === "heavy");
    const middles = behindHeavy.filter(([, second]) => second === "middle").length / behindHeavy.length;
    expect(middles).toBeGreaterThan(0.7);
    expect(middles).toBeLessThan(0.8);
    expect(plans.every(({ candidates }) => candidates === plans[0]?.candidates)).toBe(true);
    expect(reasonsOf(planFor(config))).toEqual(["weight 1 of 10", "weight 3 of 10", "weight 6 of 10"]);
  });
});

describe("least-cost", () => {
  const targets = {
    dear: { upstream_model: "big" },
    unknown: { upstream_model: "?" },
    cheap: { upstream_model: "small" },
  };
  const prices = [
    priceOf("mock", "big", [1_000_000, 10_000_000]),
    priceOf("mock", "small", [3_000_000, 1_000_000]),
  ];
  const config = routed("least-cost", targets, { prices });

  test("a short question · the cheapest for it first, an unknown price last, with the sums in the trace", () => {
    const plan = planFor(config, callOf());
    expect(keysOf(plan)).toEqual(["cheap", "dear", "unknown"]);
    expect(reasonsOf(plan)).toEqual(["about $0.000533", "about $0.005011", "no known price, so last"]);
  });

  test("a long question with a short answer · the cheaper input decides", () => {
    const messages = [{ role: "user", content: "x".repeat(60_000) }];
    expect(keysOf(planFor(config, callOf({ messages, max_tokens: 10 })))).toEqual([
      "dear",
      "cheap",
      "unknown",
    ]);
  });

  test("equal costs · drawn by weight", () => {
    const equal = routed(
      "least-cost",
      { a: { upstream_model: "big", weight: 1 }, b: { upstream_model: "big", weight: 3 } },
      { prices },
    );
    const random = seededRandom();
    expect(shares(() => keysOf(planFor(equal, callOf(), { random }))[0])["b"]).toBeCloseTo(0.75, 1);
  });
});

describe("least-latency", () => {
  const config = routed("least-latency", { slow: {}, fast: {}, other: {} });
  const knowing = (known: Record<string, Latency>) => ({
    latencies: { of: ({ providerKey }: Target) => known[providerKey.provider_key_id] ?? null },
  });
  const fresh = (ms: number): Latency => ({ ms, ageMs: 100 });

  test("all known · by latency, with the numbers in the trace", () => {
    const known = knowing({ slow: fresh(900), fast: fresh(100.4), other: fresh(500) });
    const plan = planFor(config, callOf(), { random: seededRandom(), ...known });
    expect(keysOf(plan)).toEqual(["fast", "other", "slow"]);
    expect(reasonsOf(plan)).toEqual([
      "100 ms to the first byte",
      "500 ms to the first byte",
      "900 ms to the first byte",
    ]);
  });

  test("nobody measured · each is asked as often as the others", () => {
    const random = seededRandom();
    const found = shares(() => keysOf(planFor(config, callOf(), { random }))[0]);
    for (const key of ["slow", "fast", "other"]) expect(found[key]).toBeCloseTo(1 / 3, 1);
  });

  test("one not measured, or not of late · asked by one request in ten", () => {
    for (const slow of [null, { ms: 900, ageMs: 60_000 }]) {
      const known = knowing({ fast: fresh(100), other: fresh(500), ...(slow === null ? {} : { slow }) });
      const random = seededRandom();
      const found = shares(() => keysOf(planFor(config, callOf(), { random, ...known }))[0]);
      expect(found["slow"]).toBeGreaterThan(0.08);
      expect(found["slow"]).toBeLessThan(0.12);
      expect(found["other"]).toBeUndefined();
    }
    const asked = planFor(config, callOf(), {
      random: () => 0,
      ...knowing({ fast: fresh(100), other: fresh(500) }),
    });
    expect(reasonsOf(asked)[0]).toBe("asked to be measured: not measured yet");
  });

  test("nearly as fast as the best · held equal", () => {
    const known = knowing({ slow: fresh(900), fast: fresh(100), other: fresh(119) });
    const random = seededRandom();
    const found = shares(() => keysOf(planFor(config, callOf(), { random, ...known }))[0]);
    expect(found["fast"]).toBeCloseTo(0.5, 1);
    expect(found["slow"]).toBeUndefined();
  });

  test("its targets · are measured, and those of other strategies are not", () => {
    expect(planFor(config).targets.map(({ pace }) => pace)).toEqual(Array(3).fill("measured"));
    expect(planFor(routed("weighted", { a: {} })).targets.map(({ pace }) => pace)).toEqual(["unmeasured"]);
  });
});

describe("a sticky route", () => {
  const targets = { a: { weight: 1 }, b: { weight: 1 }, c: { weight: 2 } };
  const config = routed("weighted", targets, { stickiness: "conversation" });
  const turn = (conversation: number, turns = 1) =>
    callOf({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: `question ${conversation}` },
        ...Array.from({ length: turns - 1 }, (_, index) => ({ role: "user", content: `more ${index}` })),
      ],
    });

  test("a conversation that grows · the same order with every turn, whatever is drawn", () => {
    for (let conversation = 0; conversation < 50; conversation++) {
      const first = keysOf(planFor(config, turn(conversation), { random: () => 0.1 }));
      const later = keysOf(planFor(config, turn(conversation, 5), { random: () => 0.9 }));
      expect(later).toEqual(first);
    }
  });

  test("many conversations · spread by weight", () => {
    const found = shares((round) => keysOf(planFor(config, turn(round)))[0]);
    expect(found["a"]).toBeCloseTo(0.25, 1);
    expect(found["b"]).toBeCloseTo(0.25, 1);
    expect(found["c"]).toBeCloseTo(0.5, 1);
  });

  test("times that are published later · move no conversation", () => {
    const timed = configOf({
      keys: Object.keys(targets).map((id) => keyOf(id)),
      routes: [routeOf(targets, { strategy: "weighted", policy_id: "policy" })],
      policies: [policyOf({ stickiness: "conversation", timeouts: { total_ms: 9_000 } })],
    });
    for (let conversation = 0; conversation < 50; conversation++) {
      expect(keysOf(planFor(timed, turn(conversation)))).toEqual(keysOf(planFor(config, turn(conversation))));
    }
  });

  test("one target less · only its own conversations move", () => {
    const { c: _gone, ...rest } = targets;
    const smaller = routed("weighted", rest, { stickiness: "conversation" });
    for (let conversation = 0; conversation < 200; conversation++) {
      const before = keysOf(planFor(config, turn(conversation)));
      const after = keysOf(planFor(smaller, turn(conversation)));
      expect(after).toEqual(before.filter((key) => key !== "c"));
    }
  });

  test("the trace · says who is sticky, also where nothing tells the conversation", () => {
    const reasons = reasonsOf(planFor(config, turn(1)));
    expect(reasons[0]).toMatch(/^weight \d of 4, sticky: the conversation's own$/);
    expect(reasons.slice(1).join()).not.toContain("sticky");
    const unknown = planFor(config, callOf({ messages: [{ role: "system", content: "?" }] }));
    expect(reasonsOf(unknown).join()).not.toContain("sticky");
  });

  test("least-cost · the conversation stays among equals and never pays more", () => {
    const prices = [priceOf("mock", "big", [900_000, 900_000]), priceOf("mock", "small", [1_000, 1_000])];
    const models = {
      a: { upstream_model: "small" },
      b: { upstream_model: "small" },
      c: { upstream_model: "big" },
    };
    const cheapest = routed("least-cost", models, { stickiness: "conversation", prices });
    const found = shares((round) => keysOf(planFor(cheapest, turn(round)))[0]);
    expect(found["a"]).toBeCloseTo(0.5, 1);
    expect(found["c"]).toBeUndefined();
    expect(keysOf(planFor(cheapest, turn(3)))).toEqual(keysOf(planFor(cheapest, turn(3, 4))));
  });
});
