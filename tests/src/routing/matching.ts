import { describe, expect, it } from "vitest";
import { errorCode, headerOf } from "../harness/gateway-client.ts";
import { ask, type RoutingWorld, reasonsOf, routedWorkspace } from "./routed-workspace.ts";

export function matchingScenarios(world: () => RoutingWorld): void {
  describe("which route answers", () => {
    it("an alias, a pattern, metadata of header or body · each its own route, and the row says which", async () => {
      const workspace = await routedWorkspace(world().stack, {
        providerKeys: [{}, { provider: "openai" }],
        routes: [
          { models: ["smart"], metadata: { tier: ["gold"] }, targets: [{ key: 1, model: "golden" }] },
          { models: ["smart"], targets: [{ key: 1, model: "plain" }] },
          { models: ["team-*"], targets: [{ key: 0 }] },
        ],
      });
      const [gold, smart, team] = workspace.routeIds;
      const header = { "x-perpetuo-metadata": '{"tier":"gold"}' };
      for (const [request, routeId, upstreamModel] of [
        [{ model: "smart" }, smart, "plain"],
        [{ model: "smart", headers: header }, gold, "golden"],
        [{ model: "smart", body: { metadata: { tier: "gold" } } }, gold, "golden"],
        [{ model: "team-a" }, team, "team-a"],
        [{ model: "other" }, null, "other"],
      ] as const) {
        const { answer, row } = await ask(world(), workspace, request);
        expect(answer.status).toBe(200);
        expect(headerOf(answer.headers, "x-perpetuo-model")).toBe(upstreamModel);
        expect(row).toMatchObject({ route_id: routeId, upstream_model: upstreamModel, config_version: 1 });
        expect(row.plan).toContainEqual(expect.objectContaining({ verdict: "target", reason: "priority 1" }));
      }
    });

    it("nothing left of a route · 404 naming it, and the row says of each target why", async () => {
      const workspace = await routedWorkspace(world().stack, {
        providerKeys: [{ enabled: false }, { models: ["own"] }],
        routes: [{ models: ["smart"], targets: [{ key: 0 }, { key: 7 }, { key: 1 }] }],
      });
      const { answer, row } = await ask(world(), workspace, { model: "smart" });
      expect([answer.status, errorCode(answer.body)]).toEqual([404, "model_not_found"]);
      expect(answer.body.toString()).toContain("The route 'Route 1' answers the model 'smart'");
      const gone = "the provider key is disabled or removed";
      expect(reasonsOf(row)).toEqual([gone, gone, "the provider key is limited to other models"]);
      expect(row.route_id).toBe(workspace.routeIds[0]);
    });

    it("the list of models · aliases and models, without patterns", async () => {
      const workspace = await routedWorkspace(world().stack, {
        providerKeys: [{ models: ["own"] }],
        routes: [{ models: ["smart", "gpt-*"], targets: [{ key: 0, model: "own" }] }],
      });
      const get = async (path: string) => {
        const headers = { authorization: `Bearer ${workspace.apiKey}` };
        const answer = await fetch(`${world().stack.proxyUrl}/v1/models${path}`, { headers });
        return { status: answer.status, body: (await answer.json()) as { data?: { id: string }[] } };
      };
      expect((await get("")).body.data?.map(({ id }) => id)).toEqual(["smart", "own"]);
      expect((await get("/gpt-9")).status).toBe(200);
      expect((await get("/claude")).status).toBe(404);
      expect((await get(`/gpt-${"x".repeat(300)}`)).status).toBe(404);
    });
  });
}
