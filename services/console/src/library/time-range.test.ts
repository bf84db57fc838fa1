import { describe, expect, test } from "vitest";
import { daysOf, periodOf } from "./time-range.ts";

const now = new Date("2026-11-22T14:37:12.345Z");

describe("periodOf", () => {
  test.each([
    ["24h", { bucket: "hour", from: "2026-11-21T15:00:00.000Z" }],
    ["7d", { bucket: "hour", from: "2026-11-15T15:00:00.000Z" }],
    ["30d", { bucket: "day", from: "2026-10-23T15:00:00.000Z" }],
  ] as const)("%s · whole hours, the current one included", (range, period) => {
    expect(periodOf(range, now)).toEqual(period);
  });

  test("two moments of one hour · the same question", () => {
    expect(periodOf("7d", new Date("2026-11-22T14:00:00Z"))).toEqual(periodOf("7d", now));
  });
});

test("daysOf · whole days", () => {
  expect([daysOf("24h"), daysOf("90d")]).toEqual([1, 90]);
});
