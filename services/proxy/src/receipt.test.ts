import { describe, expect, test } from "vitest";
import { isoTime } from "./receipt.ts";

describe("isoTime", () => {
  const second = Date.UTC(2026, 0, 2, 3, 4, 5);

  test("times of one second, of the next, and back · as the engine writes them", () => {
    for (const time of [0, 1, 9, 10, 99, 100, 999, 1_000, 59_000, 500, -1].map((step) => second + step)) {
      expect(isoTime(time)).toBe(new Date(time).toISOString());
    }
  });
});
