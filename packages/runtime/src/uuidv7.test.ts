import { randomFillSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { advance, createUuidv7, uuidv7 } from "./uuidv7.ts";

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const fill = (pool: Buffer) => randomFillSync(pool);

describe("uuidv7", () => {
  it("many · are well-formed, unique and sorted", () => {
    const identifiers = Array.from({ length: 20_000 }, uuidv7);
    for (const identifier of identifiers) expect(identifier).toMatch(form);
    expect(new Set(identifiers).size).toBe(identifiers.length);
    expect(identifiers.toSorted()).toEqual(identifiers);
  });

  it("any clock, also one set back · unique and sorted", () => {
    const clock = fc.array(fc.integer({ min: 0, max: 2 ** 48 - 1_000_000 }), {
      minLength: 2,
      maxLength: 600,
    });
    fc.assert(
      fc.property(clock, (ticks) => {
        let tick = 0;
        const next = createUuidv7({ now: () => ticks[tick++] ?? 0, fill });
        const identifiers = ticks.map(() => next());
        expect(identifiers.every((identifier) => form.test(identifier))).toBe(true);
        expect(new Set(identifiers).size).toBe(identifiers.length);
        expect(identifiers.toSorted()).toEqual(identifiers);
      }),
    );
  });

  it("first 48 bits · are the clock's milliseconds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (now) => {
        const identifier = createUuidv7({ now: () => now, fill })();
        expect(Number.parseInt(identifier.replaceAll("-", "").slice(0, 12), 16)).toBe(now);
      }),
    );
  });

  it("extreme random bytes · leave version and variant in place", () => {
    const now = () => 0x0123_4567_89ab;
    expect(createUuidv7({ now, fill: (pool) => pool.fill(0xff) })()).toBe(
      "01234567-89ab-77ff-bfff-ffffffffffff",
    );
    expect(createUuidv7({ now, fill: (pool) => pool.fill(0) })()).toBe(
      "01234567-89ab-7000-8000-000000000000",
    );
  });

  it("counter exhausted within a millisecond · borrows the next one", () => {
    const position = { milliseconds: 1_000, counter: 2 ** 26 - 2 };
    advance(position, 1_000, 7);
    expect(position).toEqual({ milliseconds: 1_000, counter: 2 ** 26 - 1 });
    advance(position, 1_000, 7);
    expect(position).toEqual({ milliseconds: 1_001, counter: 7 });
    advance(position, 1_001, 9);
    expect(position).toEqual({ milliseconds: 1_001, counter: 8 });
  });

  it("counter at its end · keeps version and variant in place", () => {
    const highestSeed = (pool: Buffer) => pool.fill(0xff);
    const next = createUuidv7({ now: () => 1, fill: highestSeed });
    expect([next(), next()]).toEqual([
      "00000000-0001-77ff-bfff-ffffffffffff",
      "00000000-0001-7800-8000-ffffffffffff",
    ]);
  });

  it("identifiers of one millisecond · share no random tail", () => {
    const next = createUuidv7({ now: () => 1, fill });
    const tails = Array.from({ length: 5_000 }, () => next().slice(-12));
    expect(new Set(tails).size).toBe(tails.length);
  });
});
