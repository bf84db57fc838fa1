import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fill } from "./framing.ts";
import { confusions, framingCases, requestsWithin, smuggledRequest } from "./framing-cases.ts";
import { type Nginx, startNginx } from "./nginx.ts";
import { RawConnection } from "./raw-connection.ts";
import type { World } from "./world.ts";

/** Cases that are over at once; the others wait for a time limit, which nginx has its own of. */
const prompt = framingCases.filter(
  ({ verdict }) => verdict.kind !== "cut" && !(verdict.kind === "closed" && verdict.status === 408),
);

const attacks: [title: string, bytes: string][] = [
  ...prompt.map(({ title, bytes }): [string, string] => [title, bytes]),
  ...requestsWithin.map(([title, bytes]): [string, string] => [`in a ${title}`, bytes + smuggledRequest]),
  ...confusions,
];

/**
 * What one client sends must not change what the next one gets on the connection that the front shares among them: the
 * classes CL.TE, TE.CL, TE.TE, CL.0, 0.CL and Expect, through a front that judges for itself.
 */
export function testBehindNginx(world: () => World): void {
  describe("nginx in front, one connection for all", () => {
    let nginx: Nginx;
    let victims = 0;

    beforeAll(async () => {
      nginx = await startNginx(world().stack.proxyUrl);
    });
    afterAll(() => nginx[Symbol.asyncDispose]());

    /** Another client's request by way of the same front. */
    async function askAsVictim(): Promise<{ id: string; answer: string | null; status: number }> {
      const id = `victim-${victims++}`;
      const headers = { authorization: `Bearer ${world().workspace.apiKey}`, "x-request-id": id };
      const answer = await fetch(`${nginx.url}/v1/models/${id}`, { headers });
      const model = ((await answer.json()) as { id?: string }).id ?? null;
      return {
        id: `${id} ${id}`,
        answer: `${answer.headers.get("x-request-id")} ${model}`,
        status: answer.status,
      };
    }

    it.each(attacks)("%s · the next clients get their own answers", async (_title, bytes) => {
      await using attacker = await RawConnection.open(nginx.url);
      attacker.send(fill(bytes, world()));
      await attacker.untilText(/HTTP\/1\.1 [2-5]\d\d/);
      for (const _victim of [1, 2]) {
        const { id, answer, status } = await askAsVictim();
        expect({ answer, status }).toEqual({ answer: id, status: 200 });
      }
    });

    it("afterwards · no hidden request has reached the provider", async () => {
      expect(await world().stack.mock.records("smuggled")).toEqual([]);
    });
  });
}
