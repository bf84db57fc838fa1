import { describe, expect, test } from "vitest";
import { TurnEnd } from "./turn-end.ts";

/** A queue whose turns end when the test says so. */
function world() {
  const turns: (() => void)[] = [];
  const flushed: string[] = [];
  const queue = new TurnEnd((run) => turns.push(run));
  const add = (name: string, more: () => void = () => undefined) =>
    queue.add({
      flush: () => {
        flushed.push(name);
        more();
      },
    });
  return { turns, flushed, add, endTurn: () => turns.shift()?.() };
}

describe("TurnEnd", () => {
  test("what was added in a turn · comes at its end, in order, on one schedule", () => {
    const { add, turns, flushed, endTurn } = world();
    add("a");
    add("b");
    expect([turns.length, flushed]).toEqual([1, []]);
    endTurn();
    expect(flushed).toEqual(["a", "b"]);
    add("c");
    endTurn();
    expect(flushed).toEqual(["a", "b", "c"]);
  });

  test("what is added at the end of a turn · comes at the end of the next", () => {
    const { add, flushed, endTurn } = world();
    add("a", () => add("b"));
    endTurn();
    expect(flushed).toEqual(["a"]);
    endTurn();
    expect(flushed).toEqual(["a", "b"]);
  });

  test("one that fails · takes none of the others with it", () => {
    const { add, flushed, endTurn } = world();
    add("a", () => {
      throw new Error("a defect");
    });
    add("b");
    add("c");
    expect(endTurn).toThrow("a defect");
    endTurn();
    expect(flushed).toEqual(["a", "b", "c"]);
  });
});
