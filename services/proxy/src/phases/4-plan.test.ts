import { compileConfig } from "@perpetuo/gateway/compiled-config";
import { describe, expect, test } from "vitest";
import { attemptWorld } from "../attempt.test-fixture.ts";
import { callOf, principalOf, receiptOf, routedPrincipalOf } from "../request.test-fixture.ts";
import { plan } from "./4-plan.ts";

const { health, latencies } = attemptWorld();
const deps = { random: () => 0, health, latencies };

describe("plan", () => {
  test("targets · in order, and written on the receipt", () => {
    const principal = principalOf(2);
    const receipt = receiptOf(principal);
    const planned = plan(callOf(), { principal, receipt }, deps);
    expect(planned.targets.map(({ providerKey }) => providerKey.provider_key_id)).toEqual([
      "provider-key-1",
      "provider-key-2",
    ]);
    expect(receipt.plan).toBe(planned);
  });

  test("a target whose breaker is open · passed over with the reason, also when it is the only one", () => {
    const world = attemptWorld();
    const [target] = world.input.plan.targets;
    if (target === undefined) throw new Error("The plan has a target.");
    for (let failure = 0; failure < 5; failure++) {
      const entry = world.health.enter(target);
      if (entry.kind === "entered") world.health.leave(entry.pass, { kind: "failure" });
    }
    for (const [targets, left] of [
      [1, []],
      [2, ["provider-key-2"]],
    ] as const) {
      const principal = principalOf(targets);
      const receipt = receiptOf(principal);
      const planned = plan(callOf(), { principal, receipt }, { ...deps, health: world.health });
      expect(planned.targets.map(({ providerKey }) => providerKey.provider_key_id)).toEqual(left);
      expect(receipt.plan?.candidates[0]).toMatchObject({
        verdict: "skipped",
        reason: "the circuit breaker is open",
      });
    }
  });

  test("a route without a usable target · 404 naming it, and the receipt has the route and why", () => {
    const { identity, config } = routedPrincipalOf([{}]);
    const disabled = compileConfig({ ...config.source, provider_keys: [] });
    const principal = { identity, config: disabled };
    const receipt = receiptOf(principal);
    expect(() => plan(callOf(), { principal, receipt }, deps)).toThrow("The route 'Chat' answers");
    expect(receipt.plan).toMatchObject({
      routeId: "route-1",
      targets: [],
      candidates: [{ reason: "the provider key is disabled or removed" }],
    });
  });

  test("metadata · the receipt's decides which route answers", () => {
    const { identity, config } = routedPrincipalOf([{}]);
    const { snapshot } = config.source;
    const routes = snapshot.routes.map((route) => ({
      ...route,
      match: { ...route.match, metadata: { tier: ["gold"] } },
    }));
    const conditional = compileConfig({ ...config.source, snapshot: { ...snapshot, routes } });
    for (const [metadata, routeId] of [
      [{ tier: "gold" }, "route-1"],
      [{ tier: "free" }, null],
      [null, null],
    ] as const) {
      const principal = { identity, config: conditional };
      const receipt = receiptOf(principal);
      receipt.metadata = metadata;
      expect(plan(callOf(), { principal, receipt }, deps).routeId).toBe(routeId);
    }
  });

  test("wishes that leave nobody · 404 naming the field", () => {
    const principal = principalOf(1);
    const call = callOf({ provider: { only: ["openai"] } });
    expect(() => plan(call, { principal, receipt: receiptOf(principal) }, deps)).toThrow(
      expect.objectContaining({ code: "model_not_found", param: "provider" }),
    );
  });

  test("no target · 404 naming the model, and the receipt says why", () => {
    const principal = principalOf(0);
    const receipt = receiptOf(principal);
    expect(() => plan(callOf({ model: "gone" }), { principal, receipt }, deps)).toThrow(
      expect.objectContaining({ code: "model_not_found", param: "model" }),
    );
    expect(() => plan(callOf({ model: "gone" }), { principal, receipt }, deps)).toThrow("'gone'");
    expect(receipt.plan).toMatchObject({ targets: [], candidates: [] });
  });
});
