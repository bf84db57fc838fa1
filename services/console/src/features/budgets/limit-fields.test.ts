import { describe, expect, test } from "vitest";
import { fromMicros, limitsForm, toCount, toMicros } from "./limit-fields.ts";

const empty = { day: "", month: "", requests: "", tokens: "", concurrent: "" };

test.each([
  ["", null],
  ["12", 12_000_000],
  ["0.1", 100_000],
  ["0.000001", 1],
  ["1234567.891234", 1_234_567_891_234],
])("toMicros · %j is %j", (typed, micros) => {
  expect(toMicros(typed)).toBe(micros);
});

test.each([
  [null, ""],
  [12_000_000, "12"],
  [12_500_000, "12.50"],
  [1, "0.000001"],
])("fromMicros · %j is %j", (micros, typed) => {
  expect(fromMicros(micros)).toBe(typed);
  expect(toMicros(typed)).toBe(micros);
});

test("toCount · empty is no limit", () => {
  expect([toCount(""), toCount("60")]).toEqual([null, 60]);
});

describe("limitsForm", () => {
  test.each(["-1", "1e3", "1.0000001", "1,5", "$5", "NaN"])("%j dollars · is refused", (day) => {
    expect(limitsForm.safeParse({ ...empty, day }).success).toBe(false);
  });

  test.each(["0", "-1", "1.5", "1e3"])("%j requests · is refused", (requests) => {
    expect(limitsForm.safeParse({ ...empty, requests }).success).toBe(false);
  });

  test("nothing · is no limit", () => {
    expect(limitsForm.safeParse(empty).success).toBe(true);
  });
});
