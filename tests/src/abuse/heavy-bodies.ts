import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { report } from "../harness/figures.ts";
import type { World } from "./world.ts";

const limit = 10 * 1_048_576;
const head = '{"model":"mock-fast?chunks=1","messages":["x"';
const fillWith = (piece: string, tail: string): string =>
  `${head},${piece.repeat(Math.floor((limit - head.length - tail.length - 8) / piece.length))}${tail}`;

/** Bodies of the largest size that cost a reader the most, and what the gateway says to them. */
const bodies: [title: string, body: string, status: number][] = [
  ["numbers", fillWith("0,", "0]}"), 200],
  ["nested arrays", fillWith(`${"[".repeat(60)}${"]".repeat(60)},`, "0]}"), 200],
  ["blanks", fillWith(" ", "0]}"), 200],
  ["escapes", `${fillWith('"', "").slice(0, head.length + 1)}"${"\\u0041".repeat(1_700_000)}"]}`, 200],
  [
    "half a million fields",
    `${head}],${Array.from({ length: 500_000 }, (_, index) => `"k${index}":1`).join()}}`,
    400,
  ],
  ["a field twice, at the end", `${head}],"x":"${"a".repeat(limit - 200)}","model":"other"}`, 400],
  ["depth", `${head}],"x":${"[".repeat(1_000_000)}`, 400],
  ["a long name of a model", `{"model":"${"m".repeat(limit - 100)}","messages":[1]}`, 400],
];

/** T26: how long one caller's body keeps the others of its thread waiting. */
export function testHeavyBodies(world: () => World): void {
  it.each(bodies)(
    "T26 · 10 MiB of %s · judged without holding up the others",
    async (title, body, status) => {
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(limit);
      const { stack, workspace } = world();
      const answered = fetch(`${stack.proxyUrl}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${workspace.apiKey}`, "content-type": "application/json" },
        body,
      });
      let over = false;
      const done = answered.then(async (answer) => {
        await answer.arrayBuffer();
        over = true;
        return answer.status;
      });
      let longest = 0;
      while (!over) {
        const began = performance.now();
        await (await fetch(`${stack.proxyUrl}/health`)).arrayBuffer();
        longest = Math.max(longest, performance.now() - began);
        await delay(1);
      }
      expect(await done).toBe(status);
      report(`10 MiB of ${title}: ${status}, and the slowest answer to others took ${longest.toFixed(0)} ms`);
      // The process that measures shares the machine with those that it measures.
      expect(longest).toBeLessThan(2_000);
    },
  );
}
