import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Generation } from "./generation.ts";

test("a child that is killed while it is talked to · is over once, and nobody else is harmed", async () => {
  const ended: (string | null)[] = [];
  const generation = new Generation("at-once", {
    onMessage: () => undefined,
    onEnded: ({ how }) => ended.push(how),
  });
  generation.kill();
  // Its pipe breaks at some moment of this.
  while (generation.how === null) {
    generation.tell({ kind: "spool-full", full: false });
    await nextTurn();
  }
  await generation.ended;
  await expect(generation.listening).rejects.toThrow("ended before it listened (SIGKILL)");
  await generation.drained;
  expect(ended).toEqual(["SIGKILL"]);
});
