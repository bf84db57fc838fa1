import { describe, expect, it } from "vitest";
import { chat, errorCode, sha256 } from "../harness/gateway-client.ts";
import { ask, explain, type RoutingWorld, routedWorkspace } from "./routed-workspace.ts";

export function bodyFieldScenarios(world: () => RoutingWorld): void {
  describe("the fields models and provider", () => {
    it("upstream · does not see them, and every other byte is the client's", async () => {
      const workspace = await routedWorkspace(world().stack, { routes: [] });
      const text =
        '{ "model":"bytes-1" , "models" : ["x"],\n"messages":[{"role":"user","content":"é\\u00e9"}] ,"provider":{"only":["mock"]} }';
      const answer = await world().client.call({ apiKey: workspace.apiKey, body: text });
      expect(answer.status).toBe(200);
      const [record] = await world().stack.mock.records("bytes-1");
      const stripped = '{ "model":"bytes-1" ,\n"messages":[{"role":"user","content":"é\\u00e9"}]  }';
      expect(record?.body_sha256).toBe(sha256(stripped));
    });

    it("models · asked in turn, each by its own route", async () => {
      const workspace = await routedWorkspace(world().stack, {
        providerKeys: [{ models: ["broken?status=500"] }, { provider: "openai" }],
        routes: [{ models: ["spare"], targets: [{ key: 1, model: "mock-fast" }] }],
        apiKeys: [{}, { models: ["broken?status=500"] }],
      });
      const body = { models: ["nobody/none", "spare"], provider: { order: ["mock"] } };
      const { answer, row } = await ask(world(), workspace, {
        model: "broken?status=500",
        body: { ...body },
      });
      expect(answer.status).toBe(200);
      expect(row).toMatchObject({
        route_id: workspace.routeIds[0],
        upstream_model: "mock-fast",
      });
      const limited = { apiKey: workspace.apiKeys[1]?.text ?? "" };
      const refused = await ask(world(), limited, { model: "broken?status=500", body });
      expect([refused.answer.status, errorCode(refused.answer.body)]).toEqual([403, "model_not_allowed"]);
      expect(refused.row.attempts).toEqual([]);
    });

    it("provider.order, only, ignore and allow_fallbacks · obeyed, and refused with the field's name", async () => {
      const workspace = await routedWorkspace(world().stack, {
        providerKeys: [{ models: ["m"] }, { provider: "openai", models: ["m"] }],
        routes: [],
      });
      const [mock, openai] = workspace.providerKeyIds;
      const order = async (provider: object) =>
        (await explain(world().client, workspace, chat("m", { provider }))).targets.map(
          (target) => target.provider_key_id,
        );
      expect(await order({ order: ["openai"] })).toEqual([openai, mock]);
      expect(await order({ only: ["openai"] })).toEqual([openai]);
      expect(await order({ ignore: ["openai"] })).toEqual([mock]);
      expect(await order({ order: ["openai"], allow_fallbacks: false })).toEqual([openai]);
      const nobody = await ask(world(), workspace, { model: "m", body: { provider: { only: ["google"] } } });
      expect([nobody.answer.status, errorCode(nobody.answer.body)]).toEqual([404, "model_not_found"]);
      expect(nobody.answer.body.toString()).toContain("'provider'");
      const wrong = await world().client.call({
        apiKey: workspace.apiKey,
        body: chat("m", { provider: { order: ["openai", "acme"] } }),
      });
      expect(wrong.status).toBe(400);
      expect(JSON.parse(wrong.body.toString()).error.param).toBe("provider.order[1]");
    });
  });
}
