import { describe, expect, it } from "vitest";
import { chat } from "../harness/gateway-client.ts";
import { anthropicKey, explain, type RoutingWorld, routedWorkspace } from "./routed-workspace.ts";

export function dryRunScenarios(world: () => RoutingWorld): void {
  describe("a dry run", () => {
    it("x-perpetuo-explain · the route and why the others do not answer, the targets in order, nobody called", async () => {
      const workspace = await routedWorkspace(world().stack, {
        providerKeys: [{}, anthropicKey(world())],
        routes: [
          { models: ["explained"], metadata: { tier: ["secret-tier"] }, targets: [{ key: 0 }] },
          {
            models: ["explained"],
            targets: [{ key: 1, model: "claude" }, { key: 9 }, { key: 0 }],
            policy: { max_attempts: 2 },
          },
          { models: ["*"], targets: [{ key: 0 }] },
        ],
      });
      const explanation = await explain(world().client, workspace, chat("explained"));
      const [mock, claude] = workspace.providerKeyIds;
      expect(explanation).toMatchObject({
        route_id: workspace.routeIds[1],
        routes: [
          { name: "Route 1", verdict: "does-not-fit", reason: "the request's metadata has no 'tier'" },
          { name: "Route 2", verdict: "answers" },
          { name: "Route 3", verdict: "shadowed", reason: "the route 'Route 2' stands before it" },
        ],
        policy: { max_attempts: 2 },
        targets: [
          { provider_key_id: claude, upstream_model: "claude" },
          { provider_key_id: mock, upstream_model: "explained" },
        ],
        candidates: [
          { verdict: "target", reason: "priority 1" },
          { verdict: "skipped", reason: "the provider key is disabled or removed" },
          { verdict: "target", reason: "priority 3" },
        ],
      });
      expect(JSON.stringify(explanation)).not.toContain("secret-tier");
      expect(await world().stack.mock.records("explained")).toEqual([]);
    });
  });
}
