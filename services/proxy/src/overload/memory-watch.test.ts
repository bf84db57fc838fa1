import { expect, test } from "vitest";
import { judgeMemory, type MemoryState } from "./memory-watch.ts";

test.each<[MemoryState, number, MemoryState]>([
  ["enough", 74, "enough"],
  ["enough", 75, "short"],
  ["enough", 90, "critical"],
  ["short", 74, "short"],
  ["short", 69, "enough"],
  ["critical", 89, "short"],
  ["critical", 71, "short"],
  ["critical", 50, "enough"],
])("%s, then %d of 100 bytes · %s", (...[before, usedBytes, after]) => {
  expect(judgeMemory(before, { usedBytes, limitBytes: 100 })).toBe(after);
});

test("no limit · always enough", () => {
  expect(judgeMemory("short", { usedBytes: 1e12, limitBytes: null })).toBe("enough");
});
