import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ObjectEnd } from "./object-end.ts";

const endOf = (pieces: readonly string[]): ObjectEnd => {
  const end = new ObjectEnd();
  for (const piece of pieces) end.push(piece);
  return end;
};

describe("ObjectEnd", () => {
  it.each(["", " ", "[]", '"{}"', '{"a":"}', '{"a":"\\"}', '{"a":{}', '{"a":[1'])(
    "%s · not whole",
    (text) => {
      expect(endOf([...text]).isWhole).toBe(false);
    },
  );

  it("any object, a character at a time · whole with its last brace and not before", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const text = JSON.stringify(object);
        const end = endOf([...text.slice(0, -1)]);
        expect(end.isWhole).toBe(false);
        end.push(text.slice(-1));
        expect(end.isWhole).toBe(true);
      }),
    );
  });
});
