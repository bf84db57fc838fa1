import { describe, expect, it } from "vitest";
import { errorCode, headerOf } from "../harness/gateway-client.ts";
import { anthropicKey, ask, type RoutingWorld, routedWorkspace } from "./routed-workspace.ts";

export function failingTargetScenarios(world: () => RoutingWorld): void {
  describe("one target fails", () => {
    it("503 in Anthropic's wire · the next vendor answers in OpenAI's, and the row has both", async () => {
      const workspace = await routedWorkspace(world().stack, {
        providerKeys: [anthropicKey(world()), { provider: "openai" }],
        routes: [
          {
            models: ["smart"],
            targets: [
              { key: 0, model: "claude?status=503" },
              { key: 1, model: "gpt" },
            ],
          },
        ],
      });
      for (const stream of [false, true]) {
        const { answer, row } = await ask(world(), workspace, { model: "smart", body: { stream } });
        expect(answer.status).toBe(200);
        expect(answer.body.toString()).toContain(stream ? "[DONE]" : '"chat.completion"');
        expect(headerOf(answer.headers, "x-perpetuo-attempts")).toBe("2");
        expect(row).toMatchObject({
          provider: "openai",
          upstream_model: "gpt",
          route_id: workspace.routeIds[0],
        });
        expect(row.attempts).toMatchObject([
          { provider: "anthropic", upstream_model: "claude?status=503", outcome: "failed", status: 503 },
          { provider: "openai", upstream_model: "gpt", outcome: "ok", status: 200 },
        ]);
      }
    });

    it("a target's own time is over · the next one is asked within the policy's attempts", async () => {
      // Time enough for a busy machine to send the request: only then may the provider have worked.
      const hanging = { key: 0, model: "late?hang=head", timeouts: { total_ms: 800, first_byte_ms: 700 } };
      const workspace = await routedWorkspace(world().stack, {
        providerKeys: [{}, {}],
        routes: [
          { models: ["patient"], targets: [hanging, { key: 1, model: "mock-fast" }] },
          {
            models: ["single"],
            targets: [hanging, { key: 1, model: "mock-fast" }],
            policy: { max_attempts: 1 },
          },
        ],
      });
      for (const stream of [false, true]) {
        const { answer, row } = await ask(world(), workspace, { model: "patient", body: { stream } });
        expect(answer.status).toBe(200);
        expect(row.attempts).toMatchObject([{ outcome: "indeterminate", status: null }, { outcome: "ok" }]);
        expect(row.attempts[0]?.duration_ms).toBeGreaterThanOrEqual(stream ? 700 : 800);
      }
      const { answer, row } = await ask(world(), workspace, { model: "single" });
      expect([answer.status, errorCode(answer.body)]).toEqual([504, "upstream_timeout"]);
      expect(row.attempts).toHaveLength(1);
    });
  });
}
