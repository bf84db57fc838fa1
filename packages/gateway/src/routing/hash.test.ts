import { describe, expect, test } from "vitest";
import { hashBytes, unitOf } from "./hash.ts";

describe("hashBytes", () => {
  /** Published test vectors of MurmurHash3_x86_32 with seed 0. */
  test.each([
    ["", 0],
    ["hello", 0x248bfa47],
    ["hello, world", 0x149bbb7f],
    ["The quick brown fox jumps over the lazy dog", 0x2e4ff723],
  ])("%j · the published value", (text, expected) => {
    expect(hashBytes(Buffer.from(text))).toBe(expected);
  });
});

describe("unitOf", () => {
  test("many pairs · even over the whole range, and never at its ends", () => {
    const tenths = Array<number>(10).fill(0);
    for (let left = 0; left < 100; left++) {
      for (let right = 0; right < 100; right++) {
        const unit = unitOf(left, right);
        expect(unit > 0 && unit < 1).toBe(true);
        tenths[Math.floor(unit * 10)] = (tenths[Math.floor(unit * 10)] ?? 0) + 1;
      }
    }
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
