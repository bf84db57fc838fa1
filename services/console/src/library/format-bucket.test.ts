import { expect, test } from "vitest";
import { formatBucket, formatBucketTick } from "./format-bucket.ts";

test.each([
  ["2026-11-22T13:00:00Z", "hour", ["Nov 22, 13:00 UTC", "13:00"]],
  ["2026-11-22T00:00:00Z", "hour", ["Nov 22, 00:00 UTC", "Nov 22"]],
  ["2026-11-22T00:00:00Z", "day", ["Sun, Nov 22", "Nov 22"]],
] as const)("%s as %s · in full and at an axis", (start, bucket, texts) => {
  expect([formatBucket(start, bucket), formatBucketTick(start, bucket)]).toEqual(texts);
});

test("formatBucketTick · nothing for what is no time", () => {
  expect(formatBucketTick("", "hour")).toBe("");
});
