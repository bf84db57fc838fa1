import { expect, test } from "vitest";
import { readPeriod } from "./period.ts";

const now = Date.parse("2026-03-02T10:20:30.400Z");
const read = (input: Parameters<typeof readPeriod>[0]) => {
  const { from, to } = readPeriod(input, now);
  return [from.toISOString(), to.toISOString()];
};

test("readPeriod · the last 24 hours or 30 days, with the present bucket", () => {
  expect(read({ bucket: "hour" })).toEqual(["2026-03-01T11:00:00.000Z", "2026-03-02T11:00:00.000Z"]);
  expect(read({ bucket: "day" })).toEqual(["2026-02-01T00:00:00.000Z", "2026-03-03T00:00:00.000Z"]);
});

test("readPeriod · moves outwards to whole buckets, and leaves whole ones as they are", () => {
  const from = "2026-02-27T23:59:59.999Z";
  const to = "2026-02-28T00:00:00.001Z";
  expect(read({ bucket: "day", from, to })).toEqual(["2026-02-27T00:00:00.000Z", "2026-03-01T00:00:00.000Z"]);
  const whole = { from: "2026-02-27T01:00:00.000Z", to: "2026-02-27T03:00:00.000Z" };
  expect(read({ bucket: "hour", ...whole })).toEqual([whole.from, whole.to]);
});

test.each([
  ["that ends before it begins", { from: "2026-03-02T12:00:00.000Z", to: "2026-03-02T11:00:00.000Z" }],
  ["that begins in the future", { from: "2027-01-01T00:00:00.000Z" }],
  ["whose end is no moment of the API", { from: "9999-12-31T22:00:00.000Z", to: "9999-12-31T23:59:00.000Z" }],
  ["of more than 1,000 hours", { from: "2026-01-01T00:00:00.000Z" }],
])("readPeriod · refuses a period %s", (_case, input) => {
  expect(() => readPeriod({ bucket: "hour", ...input }, now)).toThrow(
    expect.objectContaining({ code: "invalid_request" }),
  );
});
