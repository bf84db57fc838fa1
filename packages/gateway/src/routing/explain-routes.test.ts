import { describe, expect, test } from "vitest";
import { explainRequest } from "./explain-routes.ts";
import { configOf, keyOf, policyOf, routeOf } from "./routing.test-fixture.ts";

const config = configOf({
  keys: [keyOf("a"), keyOf("b", { priority: 2 })],
  routes: [
    routeOf({ a: {} }, { route_id: "1", name: "Code", models: ["code"] }),
    routeOf({ a: {} }, { route_id: "2", name: "Gold", metadata: { tier: ["gold", "black"] } }),
    routeOf({ gone: {}, b: {} }, { route_id: "3", name: "Chat", policy_id: "policy" }),
    routeOf({ a: {} }, { route_id: "4", name: "All", models: ["*"], strategy: "weighted" }),
  ],
  policies: [policyOf()],
});
const explain = (model: string, metadata: Record<string, string> | null = null) =>
  explainRequest({ operation: "chat-completions", model, metadata }, config);

describe("explainRequest", () => {
  test("a routed name · every route with its verdict, and what becomes of the answering one's targets", () => {
    expect(explain("chat", { tier: "free" })).toMatchObject({
      route_id: "3",
      policy: { name: "Policy" },
      routes: [
        { route_id: "1", verdict: "does-not-fit", reason: "it is not for this model" },
        { name: "Gold", verdict: "does-not-fit", reason: "the request's metadata has another 'tier'" },
        { name: "Chat", verdict: "answers", reason: "the first route that fits" },
        {
          name: "All",
          strategy: "weighted",
          verdict: "shadowed",
          reason: "the route 'Chat' stands before it",
        },
      ],
      targets: [{ provider_key_id: "b", provider: "mock", upstream_model: "chat" }],
      candidates: [
        { provider_key_id: "gone", verdict: "skipped", reason: "the provider key is disabled or removed" },
        { provider_key_id: "b", verdict: "target", reason: "priority 2" },
      ],
    });
  });

  test("metadata that is absent · named, without the values that the route wants", () => {
    const [, gold] = explain("chat").routes;
    expect(gold?.reason).toBe("the request's metadata has no 'tier'");
    expect(JSON.stringify(explain("chat"))).not.toContain("black");
  });

  test("a name without a route · the provider keys that serve it", () => {
    const plain = configOf({ keys: [keyOf("a"), keyOf("b", { priority: 2 })] });
    const explained = explainRequest({ operation: "chat-completions", model: "any", metadata: null }, plain);
    expect(explained).toMatchObject({ route_id: null, policy: null, routes: [] });
    expect(explained.targets.map(({ provider_key_id }) => provider_key_id)).toEqual(["a", "b"]);
  });
});
