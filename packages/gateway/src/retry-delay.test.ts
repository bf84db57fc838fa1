import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cooldownMs, mayWaitInline, retryDelayMs } from "./retry-delay.ts";

const delay = (
  status: number | null,
  retryAfterSeconds: number | null,
  { repeats = 0, draw = 1 }: { repeats?: number; draw?: number } = {},
) => retryDelayMs({ status, retryAfterSeconds }, { repeats, random: () => draw });

describe("retryDelayMs", () => {
  test("a transient error · full jitter over 50 ms, doubled with each repeat, 8 s at most", () => {
    expect([0, 1, 2, 20].map((repeats) => delay(503, null, { repeats }))).toEqual([50, 100, 200, 8_000]);
    expect(delay(null, null, { repeats: 3, draw: 0 })).toBe(0);
    expect(delay(503, null, { draw: 0.5 })).toBe(25);
  });

  test("429 without a wait · its cooldown of 1 s, and full jitter over as much", () => {
    expect([0, 1, 2].map((repeats) => delay(429, null, { repeats }))).toEqual([2_000, 3_000, 5_000]);
    expect(delay(429, null, { draw: 0 })).toBe(1_000);
  });

  test("a wait that was asked for · honoured to 5 s, and a little jitter behind it", () => {
    expect(delay(429, 2)).toBe(2_050);
    expect(delay(503, 5, { draw: 0 })).toBe(5_000);
    expect(delay(503, 5.1)).toBeNull();
    expect(delay(429, 3_600)).toBeNull();
    expect(delay(429, 0)).toBe(50);
  });

  test("any draw · never less than was asked for, never more than 13 s", () => {
    const input = fc.record({
      code: fc.constantFrom(429, 500, 503, null),
      seconds: fc.option(fc.double({ min: 0, max: 5, noNaN: true })),
      repeats: fc.nat(30),
      draw: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(input, ({ code, seconds, repeats, draw }) => {
        const milliseconds = delay(code, seconds, { repeats, draw });
        expect(milliseconds).toBeGreaterThanOrEqual((seconds ?? 0) * 1_000);
        expect(milliseconds).toBeLessThanOrEqual(13_000);
      }),
    );
  });
});

describe("cooldownMs", () => {
  test("as asked, 60 s at most, 1 s when nothing was asked", () => {
    expect([2, 60, 61, 0, null].map(cooldownMs)).toEqual([2_000, 60_000, 60_000, 0, 1_000]);
  });
});

test("mayWaitInline · 5 s at most", () => {
  expect([5_000, 5_001].map(mayWaitInline)).toEqual([true, false]);
});
