import { describe, expect, it } from "vitest";
import { ask, type RoutingWorld, reasonsOf, routedWorkspace } from "./routed-workspace.ts";

export function stickinessScenarios(world: () => RoutingWorld): void {
  describe("a sticky route", () => {
    const conversation = (number: number, turns: number) => ({
      messages: Array.from({ length: turns * 2 - 1 }, (_, index) => ({
        role: index % 2 === 0 ? "user" : "assistant",
        content: `conversation ${number}, part ${index}`,
      })),
    });

    it("the turns of a conversation · one key, another one while it fails, and the same again", async () => {
      const secrets = ["sk-sticky-a", "sk-sticky-b", "sk-sticky-c"];
      const workspace = await routedWorkspace(world().stack, {
        providerKeys: secrets.map((secret) => ({ secret, base_url: world().upstream.baseUrl })),
        routes: [
          {
            models: ["sticky"],
            strategy: "weighted",
            targets: secrets.map((_, key) => ({ key })),
            policy: { stickiness: "conversation" },
          },
        ],
      });
      const turn = (number: number, turns: number) =>
        ask(world(), workspace, { model: "sticky", body: conversation(number, turns) });
      const homes = new Map<number, string | null>();
      for (let number = 0; number < 12; number++) {
        const { row } = await turn(number, 1);
        homes.set(number, row.provider_key_id);
        expect(reasonsOf(row)[0]).toBe("weight 1 of 3, sticky: the conversation's own");
      }
      // All twelve on one of three keys: once in 177,147.
      expect(new Set(homes.values()).size).toBeGreaterThan(1);
      const later = await Promise.all([...homes.keys()].map((number) => turn(number, 4)));
      expect(later.map(({ row }) => row.provider_key_id)).toEqual([...homes.values()]);

      const home = homes.get(0);
      const secret = secrets[workspace.providerKeyIds.indexOf(home ?? "")] ?? "";
      world().upstream.refuse(secret, { status: 500 });
      const away = [(await turn(0, 5)).row, (await turn(0, 6)).row];
      expect(away.map(({ status_code }) => status_code)).toEqual([200, 200]);
      expect(away[0]?.provider_key_id).not.toBe(home);
      expect(away[1]?.provider_key_id).toBe(away[0]?.provider_key_id);
      world().upstream.recover(secret);
      expect((await turn(0, 7)).row.provider_key_id).toBe(home);
    });
  });
}
