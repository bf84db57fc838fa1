import { describe, expect, test } from "vitest";
import {
  callOf,
  configOf,
  keyOf,
  keysOf,
  planFor,
  policyOf,
  priceOf,
  routeOf,
} from "./routing.test-fixture.ts";
import { shortlistsFor } from "./shortlists.ts";

const keys = [keyOf("a"), keyOf("b", { priority: 2 })];

describe("which route answers", () => {
  const route = (route_id: string, match: Parameters<typeof routeOf>[1], key = "b") =>
    routeOf({ [key]: {} }, { route_id, name: route_id, ...match });
  const config = configOf({
    keys,
    routes: [
      route("gold", { models: ["chat"], metadata: { tier: ["gold"] } }),
      route("exact", { models: ["chat"] }),
      route("late", { models: ["chat", "*-mini"] }),
      route("pattern", { models: ["gpt-*"] }),
    ],
  });

  test.each([
    ["chat", { tier: "gold" }, "gold"],
    ["chat", { tier: "free" }, "exact"],
    ["chat", null, "exact"],
    ["gpt-mini", null, "late"],
    ["gpt-4o", null, "pattern"],
    ["claude", null, null],
  ])("%s with %j · %s", (model, metadata, routeId) => {
    const plan = planFor(config, callOf({ model }), { metadata });
    expect(plan.routeId).toBe(routeId);
    expect(keysOf(plan)).toEqual(routeId === null ? ["a", "b"] : ["b"]);
  });

  test("conditions that nobody meets · the workspace's provider keys", () => {
    const only = configOf({
      keys,
      routes: [route("gold", { models: ["chat"], metadata: { tier: ["gold"] } })],
    });
    expect(planFor(only).routeId).toBeNull();
    expect(planFor(only, callOf(), { metadata: { tier: "gold" } }).routeId).toBe("gold");
  });

  test("an alias that is a model's name as well · the route wins", () => {
    const both = configOf({
      keys: [keyOf("a", { models: ["chat"] }), keyOf("b", { models: ["big"] })],
      routes: [routeOf({ b: { upstream_model: "big" } })],
    });
    expect(planFor(both).targets.map(({ id }) => id)).toEqual(["b/big"]);
  });

  test("asked again · the very same list; another config's is its own", () => {
    const list = shortlistsFor(callOf(), config, null);
    expect(shortlistsFor(callOf({ stream: true }), config, null)).toBe(list);
    expect(shortlistsFor(callOf(), configOf({ keys }), null)).not.toBe(list);
  });
});

describe("a route's targets", () => {
  test("upstream models across vendors · each its own, in order", () => {
    const config = configOf({
      keys: [keyOf("claude", { provider: "anthropic" }), keyOf("gpt", { provider: "openai" })],
      routes: [routeOf({ claude: { upstream_model: "claude-x" }, gpt: { upstream_model: "gpt-x" } })],
    });
    const plan = planFor(config);
    expect(plan.targets.map(({ id, codec, routeId }) => [id, codec.wire, routeId])).toEqual([
      ["claude/claude-x", "translated", "route"],
      ["gpt/gpt-x", "pass-through", "route"],
    ]);
    expect(plan.candidates.map(({ reason }) => reason)).toEqual(["priority 1", "priority 2"]);
  });

  test("a name in the route · is called, whatever the key's own list and the catalogue say", () => {
    const config = configOf({
      keys: [keyOf("a", { models: ["other"] }), keyOf("b", { provider: "openai" })],
      routes: [routeOf({ a: { upstream_model: "x" }, b: { upstream_model: "y" } })],
    });
    expect(planFor(config).targets.map(({ id }) => id)).toEqual(["a/x", "b/y"]);
  });

  test("the requested name as it stands · has to be one that the key serves", () => {
    const config = configOf({
      keys: [
        keyOf("limited", { models: ["other"] }),
        keyOf("listed", { models: ["gpt-new"] }),
        keyOf("catalogue", { provider: "openai" }),
        keyOf("unlisted", { provider: "mistral" }),
      ],
      prices: [priceOf("openai", "gpt-new", [1, 1])],
      routes: [routeOf({ limited: {}, listed: {}, catalogue: {}, unlisted: {} }, { models: ["gpt-*"] })],
    });
    const plan = planFor(config, callOf({ model: "gpt-new" }));
    expect(keysOf(plan)).toEqual(["listed", "catalogue"]);
    expect(plan.candidates.map(({ reason }) => reason)).toEqual([
      "the provider key is limited to other models",
      "priority 2",
      "priority 3",
      "the provider's catalogue does not list the model",
    ]);
  });

  test("provider/model under a pattern · the key's own provider is dropped from the name", () => {
    const config = configOf({
      keys: [keyOf("a", { provider: "openai" }), keyOf("b", { provider: "mistral" })],
      prices: [priceOf("openai", "gpt", [1, 1])],
      routes: [routeOf({ a: {}, b: {} }, { models: ["openai/*"] })],
    });
    expect(planFor(config, callOf({ model: "openai/gpt" })).targets.map(({ id }) => id)).toEqual(["a/gpt"]);
  });

  test("a key that is disabled, one that cannot do this, one named twice · skipped, each with its reason", () => {
    const route = routeOf({ gone: {}, claude: { upstream_model: "m" }, a: { upstream_model: "m" } });
    const [, , last] = route.targets;
    if (last === undefined) throw new Error("The route has three targets.");
    route.targets.push({ ...last, weight: 7 });
    const config = configOf({
      keys: [keyOf("a"), keyOf("claude", { provider: "anthropic" })],
      routes: [route],
    });
    const wanted = { operation: "embeddings" as const, model: "chat", preference: null };
    const [list] = shortlistsFor(wanted, config, null);
    expect(list?.plan.candidates).toMatchObject([
      {
        provider_key_id: "gone",
        provider: null,
        upstream_model: "chat",
        verdict: "skipped",
        reason: "the provider key is disabled or removed",
      },
      { provider_key_id: "claude", verdict: "skipped", reason: "the provider does not offer this" },
      { provider_key_id: "a", verdict: "target", reason: "priority 3" },
      { provider_key_id: "a", verdict: "skipped", reason: "the route names it before" },
    ]);
    expect(list?.options).toHaveLength(1);
  });

  test("times of its own · a health of its own, so that other routes are not kept from a target that is slow by them", () => {
    const timed = routeOf({ a: { timeouts: { first_byte_ms: 9 } }, b: {} }, { models: ["timed"] });
    const bounded = routeOf({ a: {} }, { models: ["bounded"], route_id: "bounded", policy_id: "policy" });
    const patient = routeOf({ a: {} }, { models: ["patient"], route_id: "patient" });
    const [policy, upstream_model] = [policyOf({ timeouts: { total_ms: 9 } }), "m"];
    for (const { targets } of [timed, bounded, patient]) {
      for (const target of targets) target.upstream_model = upstream_model;
    }
    const config = configOf({ keys, routes: [timed, bounded, patient], policies: [policy] });
    const idsOf = (model: string) => planFor(config, callOf({ model })).targets.map(({ id }) => id);
    expect(idsOf("timed")).toEqual(["a/m in route", "b/m"]);
    expect(idsOf("bounded")).toEqual(["a/m in bounded"]);
    expect(idsOf("patient")).toEqual(["a/m"]);
    expect(planFor(config, callOf({ model: "timed", models: ["patient"] })).targets).toHaveLength(2);
  });

  test("timeouts · the target's before the policy's, but for the policy's total, which is for all calls", () => {
    const policy = policyOf({ timeouts: { connect_ms: 1, first_byte_ms: 2, total_ms: 3 } });
    const route = routeOf({ a: { timeouts: { first_byte_ms: 9 } }, b: { timeouts: { total_ms: 8 } } });
    const config = configOf({ keys, routes: [{ ...route, policy_id: "policy" }], policies: [policy] });
    expect(planFor(config).targets.map(({ timeouts }) => timeouts)).toEqual([
      { connect_ms: 1, first_byte_ms: 9 },
      { connect_ms: 1, first_byte_ms: 2, total_ms: 8 },
    ]);
    expect(planFor(config).policy).toEqual(policy);
    const plain = configOf({ keys, routes: [routeOf({ a: {} })] });
    expect(planFor(plain).targets.map(({ timeouts }) => timeouts)).toEqual([null]);
  });
});
