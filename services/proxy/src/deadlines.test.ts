import { describe, expect, test } from "vitest";
import { Deadlines } from "./deadlines.ts";

function setUp() {
  const clock = { now: 0 };
  return { clock, deadlines: new Deadlines(() => clock.now), expired: [] as string[] };
}

describe("Deadlines", () => {
  test("tick · expires what is due, once, and nothing earlier", () => {
    const { clock, deadlines, expired } = setUp();
    deadlines.add(100, () => expired.push("a"));
    deadlines.add(101, () => expired.push("b"));
    clock.now = 99;
    deadlines.tick();
    expect(expired).toEqual([]);
    clock.now = 100;
    deadlines.tick();
    deadlines.tick();
    expect(expired).toEqual(["a"]);
    expect(deadlines.size).toBe(1);
  });

  test("clear · it never expires; a second clear is nothing", () => {
    const { clock, deadlines, expired } = setUp();
    const deadline = deadlines.add(1, () => expired.push("a"));
    deadlines.clear(deadline);
    deadlines.clear(deadline);
    clock.now = 9;
    deadlines.tick();
    expect(expired).toEqual([]);
  });

  test("a moved deadline · keeps to its new moment, and Infinity never comes", () => {
    const { clock, deadlines, expired } = setUp();
    const moved = deadlines.add(10, () => expired.push("moved"));
    const never = deadlines.add(10, () => expired.push("never"));
    moved.dueAt = 20;
    never.dueAt = Number.POSITIVE_INFINITY;
    clock.now = 19;
    deadlines.tick();
    expect(expired).toEqual([]);
    clock.now = 1e12;
    deadlines.tick();
    expect(expired).toEqual(["moved"]);
  });

  test("one that clears another · the other does not expire in the same tick", () => {
    const { clock, deadlines, expired } = setUp();
    deadlines.add(1, () => deadlines.clear(other));
    const other = deadlines.add(1, () => expired.push("other"));
    clock.now = 1;
    deadlines.tick();
    expect(expired).toEqual([]);
    expect(deadlines.size).toBe(0);
  });

  test("one that arms a later one · ends the tick", () => {
    const { clock, deadlines, expired } = setUp();
    deadlines.add(1, () => {
      deadlines.add(clock.now + 1, () => expired.push("second"));
    });
    clock.now = 1;
    deadlines.tick();
    expect(expired).toEqual([]);
    clock.now = 2;
    deadlines.tick();
    expect(expired).toEqual(["second"]);
  });
});
