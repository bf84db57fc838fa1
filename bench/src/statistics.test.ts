import { describe, expect, it } from "vitest";
import { spreadOf } from "./statistics.ts";

describe("spreadOf", () => {
  it.each([
    [[3], { median: 3, minimum: 3, maximum: 3 }],
    [[10, 9, 100], { median: 10, minimum: 9, maximum: 100 }],
    [[4, 1, 3, 2], { median: 2.5, minimum: 1, maximum: 4 }],
  ])("%j · median and range", (values, expected) => {
    expect(spreadOf(values)).toEqual(expected);
  });

  it("no value · refused instead of invented", () => {
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});
