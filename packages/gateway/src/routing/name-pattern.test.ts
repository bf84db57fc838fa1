import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compilePattern, fitsPattern, isPattern } from "./name-pattern.ts";

const fits = (pattern: string, name: string) => fitsPattern(compilePattern(pattern), name);

describe("fitsPattern", () => {
  test.each([
    ["*", "anything", true],
    ["*", "", true],
    ["**", "anything", true],
    ["gpt-*", "gpt-4o", true],
    ["gpt-*", "gpt-", true],
    ["gpt-*", "a-gpt-4o", false],
    ["*-mini", "gpt-4o-mini", true],
    ["*-mini", "gpt-4o-mini-2024", false],
    ["claude-*-latest", "claude-3-5-haiku-latest", true],
    ["claude-*-latest", "claude-latest", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["*b*", "abc", true],
    ["*b*", "ac", false],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c-b", false],
    ["a*bc*c", "abc", false],
    ["gpt-4.*", "gpt-4x1", false],
    ["(a+)+*", "(a+)+!", true],
  ])("%s and %s · %s", (pattern, name, expected) => {
    expect(fits(pattern, name)).toBe(expected);
  });

  test("any pattern and name · as trying every split says", () => {
    const slowly = (pattern: string, name: string): boolean => {
      if (pattern === "") return name === "";
      if (pattern[0] !== "*") return name[0] === pattern[0] && slowly(pattern.slice(1), name.slice(1));
      return slowly(pattern.slice(1), name) || (name !== "" && slowly(pattern, name.slice(1)));
    };
    const text = (letters: string[]) => fc.array(fc.constantFrom(...letters), { maxLength: 8 });
    fc.assert(
      fc.property(text(["a", "b", "*"]), text(["a", "b"]), (pattern, name) => {
        fc.pre(isPattern(pattern.join("")));
        expect(fits(pattern.join(""), name.join(""))).toBe(slowly(pattern.join(""), name.join("")));
      }),
      { numRuns: 2_000 },
    );
  });
});
