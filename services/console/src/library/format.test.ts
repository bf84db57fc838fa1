import { describe, expect, test } from "vitest";
import {
  formatCompact,
  formatCount,
  formatDollars,
  formatMicroseconds,
  formatMilliseconds,
  formatMoment,
  formatRelative,
  formatShare,
  formatTotal,
} from "./format.ts";

describe("formatDollars", () => {
  test.each([
    [null, "unknown"],
    [0, "$0.00"],
    [0.0000004, "<$0.000001"],
    [0.000001, "$0.000001"],
    [0.000123, "$0.000123"],
    [0.0412, "$0.0412"],
    [0.5, "$0.50"],
    [0.999999, "$0.999999"],
    [1, "$1.00"],
    [1.2345, "$1.23"],
    [1_234_567.891, "$1,234,567.89"],
  ])("formatDollars · %s is %s", (amount, text) => {
    expect(formatDollars(amount)).toBe(text);
  });
});

describe("formatCount", () => {
  test("formatCount · groups thousands", () => {
    expect(formatCount(1_234_567)).toBe("1,234,567");
  });
});

test.each([
  [0, "0"],
  [9_999, "9,999"],
  [12_345, "12.3K"],
  [1_250_000, "1.3M"],
])("formatCompact · %i is %s", (count, text) => {
  expect(formatCompact(count)).toBe(text);
});

test.each([
  [0, "0%"],
  [0.0004, "<0.1%"],
  [0.0123, "1.2%"],
  [1, "100%"],
])("formatShare · %d is %s", (value, text) => {
  expect(formatShare(value)).toBe(text);
});

describe("formatTotal", () => {
  test("formatTotal · marks a total that was not counted to the end", () => {
    expect([formatTotal(10_000, true), formatTotal(9_999, false)]).toEqual(["10,000+", "9,999"]);
  });
});

describe("formatMilliseconds", () => {
  test.each([
    [null, "—"],
    [0, "0 ms"],
    [0.44, "0.4 ms"],
    [9.96, "10 ms"],
    [96.4, "96 ms"],
    [999.4, "999 ms"],
    [999.6, "1.00 s"],
    [1_234, "1.23 s"],
    [59_994, "59.99 s"],
    [59_996, "1 min 00 s"],
    [75_300, "1 min 15 s"],
    [3_600_000, "60 min 00 s"],
  ])("formatMilliseconds · %s is %s", (milliseconds, text) => {
    expect(formatMilliseconds(milliseconds)).toBe(text);
  });
});

describe("formatMicroseconds", () => {
  test.each([
    [312.4, "312 µs"],
    [999.6, "1 ms"],
    [2_500, "2.5 ms"],
  ])("formatMicroseconds · %s is %s", (microseconds, text) => {
    expect(formatMicroseconds(microseconds)).toBe(text);
  });
});

describe("formatMoment", () => {
  // Built from local parts, so that the test says the same in every zone.
  const now = new Date(2026, 10, 22, 15, 0, 0);

  test("formatMoment · the time alone for today", () => {
    expect(formatMoment(new Date(2026, 10, 22, 0, 5, 9).toISOString(), now)).toEqual({
      day: null,
      time: "00:05:09",
    });
  });

  test("formatMoment · with the day for another day at the same hour", () => {
    expect(formatMoment(new Date(2026, 10, 21, 15, 0, 0).toISOString(), now)).toEqual({
      day: "Nov 21",
      time: "15:00:00",
    });
  });
});

describe("formatRelative", () => {
  const now = new Date("2026-11-22T12:00:00.000Z");
  test.each([
    ["2026-11-22T11:59:30.000Z", "now"],
    ["2026-11-22T11:55:00.000Z", "5 minutes ago"],
    ["2026-11-22T10:01:00.000Z", "1 hour ago"],
    ["2026-11-21T12:00:00.000Z", "yesterday"],
    ["2026-12-02T12:00:00.000Z", "in 10 days"],
  ])("formatRelative · %s is %s", (timestamp, text) => {
    expect(formatRelative(timestamp, now)).toBe(text);
  });
});
