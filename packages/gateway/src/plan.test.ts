import type { ProviderKeyConfig, WorkspaceConfig } from "@perpetuo/contracts/gateway-config";
import type { PricedModel } from "@perpetuo/contracts/usage";
import { describe, expect, test } from "vitest";
import type { Operation } from "./adapter.ts";
import { compileConfig } from "./compiled-config.ts";
import { readModelCall } from "./model-call.ts";
import { passOver, planTargets } from "./plan.ts";
import { notOffered } from "./routing/shortlist.ts";
import { shortlistsFor } from "./routing/shortlists.ts";
import type { Plan } from "./routing/target.ts";

const key = (id: string, overrides: Partial<ProviderKeyConfig> = {}): ProviderKeyConfig => ({
  provider_key_id: id,
  workspace_id: "workspace",
  provider: "openai",
  name: id,
  ciphertext: "sealed",
  key_id: "data-key",
  base_url: null,
  models: null,
  priority: 1,
  weight: 1,
  ...overrides,
});

const listed = (provider: string, model: string): PricedModel => ({
  provider,
  model,
  input_micros_per_million: 1,
  cached_input_micros_per_million: null,
  output_micros_per_million: 1,
  max_output_tokens: null,
});

const workspace = (providerKeys: ProviderKeyConfig[], prices: PricedModel[] = []): WorkspaceConfig => ({
  workspace_id: "workspace",
  config_version: 3,
  snapshot: { format: 1, routes: [], policies: [] },
  provider_keys: providerKeys,
  data_keys: [{ key_id: "data-key", workspace_id: "workspace", wrapped_key: "w", master_key_id: "m" }],
  prices,
  limits: {},
  spent: null,
});

const compiled = (...input: Parameters<typeof workspace>) => compileConfig(workspace(...input));
type Compiled = ReturnType<typeof compiled>;
const planOf =
  (operation: Operation, model: string) =>
  (config: Compiled, random: () => number): Plan => {
    const body = { model, messages: [1], input: "text" };
    const call = readModelCall(operation, Buffer.from(JSON.stringify(body)));
    const latencies = { of: never };
    return planTargets(call, shortlistsFor(call, config, null), { random, latencies });
  };
const planFor = (model: string, config: Compiled, random: () => number) =>
  planOf("chat-completions", model)(config, random);
const never = () => {
  throw new Error("nothing is to be drawn");
};
const order = (plan: Plan) =>
  plan.targets.map(({ providerKey, upstreamModel }) => [providerKey.provider_key_id, upstreamModel]);

describe("planTargets", () => {
  test("priorities · 1 comes first, and nothing is drawn", () => {
    const config = compiled([key("b", { priority: 2, models: ["m"] }), key("a", { models: ["m"] })]);
    expect(order(planFor("m", config, never))).toEqual([
      ["a", "m"],
      ["b", "m"],
    ]);
  });

  test("a key without models · serves its provider's catalogue and nothing else", () => {
    const config = compiled([key("a")], [listed("openai", "gpt"), listed("anthropic", "claude")]);
    expect(order(planFor("gpt", config, never))).toEqual([["a", "gpt"]]);
    expect(planFor("claude", config, never).targets).toEqual([]);
  });

  test.each(["openai-compatible", "mock"] as const)("a key of %s without models · serves any", (provider) => {
    expect(order(planFor("whatever", compiled([key("a", { provider })]), never))).toEqual([
      ["a", "whatever"],
    ]);
  });

  test("provider/model · picks the provider and drops its name", () => {
    const config = compiled(
      [key("a", { models: ["gpt"] }), key("b", { provider: "mock", models: ["gpt"] })],
      [],
    );
    expect(order(planFor("mock/gpt", config, never))).toEqual([["b", "gpt"]]);
  });

  test("an exact name with a slash · beats the reading as provider/model", () => {
    const config = compiled([
      key("a", { models: ["gpt"] }),
      key("b", { provider: "mock", models: ["openai/gpt"] }),
    ]);
    expect(order(planFor("openai/gpt", config, never))).toEqual([["b", "openai/gpt"]]);
  });

  test.each(["/gpt", "gpt/", "openai/", "nobody/gpt"])("%j without a match · has no target", (model) => {
    expect(planFor(model, compiled([key("a", { models: ["gpt"] })]), never).targets).toEqual([]);
  });

  test("an operation that a provider lacks · its keys are passed over, and say so when they serve the model", () => {
    const config = compiled([
      key("a", { provider: "anthropic", models: ["m"] }),
      key("b", { provider: "anthropic", models: ["other"] }),
      key("c", { models: ["m"] }),
    ]);
    const plan = planOf("embeddings", "m")(config, never);
    expect(order(plan)).toEqual([["c", "m"]]);
    expect(plan.candidates.map(({ reason }) => reason)).toEqual([
      notOffered,
      "the provider key is limited to other models",
      "priority 1",
    ]);
  });

  test("candidates · each says why it was taken or passed over", () => {
    const config = compiled([
      key("a", { models: ["other"] }),
      key("b", { models: ["m"], priority: 4 }),
      key("c", { provider: "cohere" }),
      key("d"),
    ]);
    const reasons = planFor("m", config, never).candidates.map(({ provider_key_id, verdict, reason }) => [
      provider_key_id,
      verdict,
      reason,
    ]);
    expect(reasons).toEqual([
      ["a", "skipped", "the provider key is limited to other models"],
      ["c", "skipped", "the provider's catalogue does not list the model"],
      ["d", "skipped", "the provider's catalogue does not list the model"],
      ["b", "target", "priority 4"],
    ]);
  });

  test("equal priorities · the weights set the shares of the first place", () => {
    const config = compiled([
      key("light", { models: ["m"], weight: 1 }),
      key("heavy", { models: ["m"], weight: 3 }),
    ]);
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    let heavyFirst = 0;
    for (let round = 0; round < 4_000; round++) {
      if (planFor("m", config, random).targets[0]?.providerKey.provider_key_id === "heavy") heavyFirst++;
    }
    expect(heavyFirst / 4_000).toBeGreaterThan(0.72);
    expect(heavyFirst / 4_000).toBeLessThan(0.78);
  });

  test("equal priorities · weights never lift a key over a better priority", () => {
    const config = compiled([
      key("first", { models: ["m"], weight: 1 }),
      key("second", { models: ["m"], priority: 2, weight: 1 }),
      key("third", { models: ["m"], priority: 2, weight: 1_000 }),
    ]);
    expect(order(planFor("m", config, () => 0.5))[0]).toEqual(["first", "m"]);
  });

  test("targets · carry the data key that opens them, or null", () => {
    const config = compiled([
      key("a", { models: ["m"] }),
      key("b", { models: ["m"], priority: 2, key_id: "?" }),
    ]);
    expect(planFor("m", config, never).targets.map(({ dataKey }) => dataKey?.key_id ?? null)).toEqual([
      "data-key",
      null,
    ]);
  });
});

describe("a plan asked for again", () => {
  const mock = { provider: "mock" } as const;
  const config = compiled([key("a", mock), key("b", { ...mock, priority: 2 })]);

  test("priorities that differ · the very same plan, and another config's is its own", () => {
    const plan = planFor("gpt", config, () => 0);
    expect(planFor("gpt", config, () => 0.9)).toBe(plan);
    expect(planFor("gpt", compileConfig(config.source), () => 0)).not.toBe(plan);
  });

  test("priorities that are equal · drawn anew, out of the same targets", () => {
    const tied = compiled([key("a", mock), key("b", mock)]);
    const draws = [0.9, 0.1, 0.1, 0.9];
    const [first, second] = [0, 1].map(() => planFor("gpt", tied, () => draws.shift() ?? 0));
    expect(first?.targets.map(({ id }) => id)).toEqual(second?.targets.map(({ id }) => id).toReversed());
    expect(first?.targets[0]).toBe(second?.targets[1]);
    expect(first?.candidates).toBe(second?.candidates);
  });

  test("more names than are kept · each its own plan", () => {
    for (let index = 0; index < 600; index++) {
      const { targets } = planFor(`model-${index % 300}`, config, () => 0);
      expect(targets.map(({ upstreamModel }) => upstreamModel)).toEqual(
        Array(2).fill(`model-${index % 300}`),
      );
    }
  });
});

describe("passOver", () => {
  const plan = planFor("m", compiled([key("a", { models: ["m"] }), key("b", { models: ["m"] })]), () => 0.5);

  test("no obstacle · the plan itself", () => {
    expect(passOver(plan, () => null)).toBe(plan);
  });

  test("an obstacle · the target is out of the order, and the trace says why", () => {
    const left = passOver(plan, ({ providerKey }) =>
      providerKey.provider_key_id === "a" ? "it rests" : null,
    );
    expect(order(left)).toEqual([["b", "m"]]);
    expect(left.passedOver.map(({ providerKey }) => providerKey.provider_key_id)).toEqual(["a"]);
    expect(left.candidates.map(({ verdict, reason }) => [verdict, reason])).toEqual([
      ["skipped", "it rests"],
      ["target", "priority 1"],
    ]);
    expect(plan.candidates[0]?.verdict).toBe("target");
  });
});
