import { describe, expect, test } from "vitest";
import { createLineBuffer, WaitingLine } from "./waiting-line.ts";

const [quiet, busy] = [2, 3];

/** A line of `length`, and places that the test hands out. */
function lineOf(length: number) {
  const taken = new Map<number, number>();
  const line = new WaitingLine(createLineBuffer(length), (row) => taken.get(row) ?? 0);
  let free = 0;
  const served: number[] = [];
  const take = (row: number): "taken" | "full" => {
    if (free === 0) return "full";
    free--;
    taken.set(row, (taken.get(row) ?? 0) + 1);
    served.push(row);
    return "taken";
  };
  const join = (row: number, thread = 0) => line.join(row, thread, new Set());
  const serve = (places: number) => {
    free = places;
    const touched = new Set<number>();
    line.serve(take, touched);
    return [...touched];
  };
  return { line, taken, served, join, serve };
}

describe("WaitingLine", () => {
  test("a place · goes to the row that has the fewest, whoever came first", () => {
    const { taken, served, join, serve } = lineOf(10);
    taken.set(busy, 9);
    for (let turn = 0; turn < 3; turn++) join(busy);
    join(quiet);
    serve(2);
    expect(served).toEqual([quiet, busy]);
  });

  test("rows with the same number of places · are served in turn, each in the order of arrival", () => {
    const { line, served, join, serve } = lineOf(10);
    const entries = [join(busy), join(busy), join(busy), join(quiet), join(quiet)];
    serve(4);
    expect(served).toEqual([busy, quiet, busy, quiet]);
    expect(entries.map((entry) => line.look(entry ?? -1))).toEqual([
      "granted",
      "granted",
      "waiting",
      "granted",
      "granted",
    ]);
  });

  test("a full line · the newest of the row with most in it makes room for a row with fewer", () => {
    const { line, join } = lineOf(3);
    const entries = [join(busy), join(busy), join(busy)];
    const newcomer = join(quiet);
    expect(newcomer).not.toBeNull();
    expect(line.depth).toBe(3);
    expect(entries.map((entry) => line.look(entry ?? -1))).toEqual(["waiting", "waiting", "displaced"]);
  });

  test("a full line of one's own · nobody makes room", () => {
    const { line, join } = lineOf(2);
    join(busy);
    join(quiet);
    expect(join(busy)).toBeNull();
    expect(line.depth).toBe(2);
  });

  test("a row that gets no place · does not hold up the others", () => {
    const { line, join } = lineOf(4);
    const [stuck, other] = [join(quiet), join(busy)];
    line.serve((row) => (row === quiet ? "full" : "taken"), new Set());
    expect([line.look(stuck ?? -1), line.look(other ?? -1)]).toEqual(["waiting", "granted"]);
  });

  test("leaving · ends the wait; a place granted before is the caller's all the same", () => {
    const { line, join, serve } = lineOf(4);
    const [first, second] = [join(busy, 1), join(busy, 2)];
    expect(serve(1)).toEqual([1]);
    expect([line.leave(first ?? -1), line.leave(second ?? -1), line.depth]).toEqual(["granted", "left", 0]);
  });

  test("a thread that is gone · leaves nothing in the line", () => {
    const { line, join } = lineOf(4);
    const kept = join(busy, 1);
    join(busy, 2);
    join(quiet, 2);
    line.forget(2);
    expect([line.depth, line.look(kept ?? -1)]).toEqual([1, "waiting"]);
  });

  test("a line without length · nobody waits", () => {
    expect(lineOf(0).join(busy)).toBeNull();
  });
});
