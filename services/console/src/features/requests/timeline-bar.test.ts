import { expect, test } from "vitest";
import { timelineBar } from "./timeline-bar.ts";

test("timelineBar · places an attempt and its wait on the request's axis", () => {
  expect(timelineBar({ started_ms: 250, duration_ms: 500, first_byte_ms: 375 }, 1_000)).toEqual({
    left: 25,
    width: 50,
    waiting: 25,
  });
});

test("timelineBar · an attempt without a first byte waited to its end", () => {
  expect(timelineBar({ started_ms: 0, duration_ms: 10, first_byte_ms: null }, 10).waiting).toBe(100);
});

test("timelineBar · stays on the axis when the attempt's clock runs past the request's", () => {
  const { left, width } = timelineBar({ started_ms: 900, duration_ms: 200, first_byte_ms: null }, 1_000);
  expect(left + width).toBeCloseTo(100);
});

test("timelineBar · has finite sides for a request that took no time", () => {
  const bar = timelineBar({ started_ms: 0, duration_ms: 0, first_byte_ms: 0 }, 0);
  expect(Object.values(bar).every(Number.isFinite)).toBe(true);
});
