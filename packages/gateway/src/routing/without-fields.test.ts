import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scanJsonObject } from "../json-scan.ts";
import { withoutFields } from "./without-fields.ts";

function strip(text: string, names = ["models", "provider"]): string {
  const body = Buffer.from(text);
  const scan = scanJsonObject(body);
  if (scan.kind !== "object") throw new Error(`${text} is an object.`);
  return withoutFields(body, scan.fields, names).toString();
}

describe("withoutFields", () => {
  test.each([
    ['{"model":"m","models":["a"],"n":1}', '{"model":"m","n":1}'],
    ['{"models":["a"],"model":"m"}', '{"model":"m"}'],
    ['{"models":["a"],"provider":{},"model":"m"}', '{"model":"m"}'],
    ['{"model":"m","models":["a"],"provider":{}}', '{"model":"m"}'],
    ['{"models":["a"],"model":"m","provider":{}}', '{"model":"m"}'],
    ['{ "models" : ["a"] ,\n "model" : "m" }', '{ \n "model" : "m" }'],
    ['{ "model" : "m" ,\n "models" : ["a"] \n}', '{ "model" : "m"  \n}'],
    ['{"model":"m","mod\\u0065ls":["a,\\"}"],"n":1}', '{"model":"m","n":1}'],
    ['{"a\\\\":1,"models":[]}', '{"a\\\\":1}'],
    ['{"model":"m"}', '{"model":"m"}'],
  ])("%s · %s", (text, expected) => {
    expect(strip(text)).toBe(expected);
  });

  test("any object · parses to the same one without the fields", () => {
    const space = fc.constantFrom("", " ", "\n\t");
    const key = fc.oneof(fc.constantFrom("models", "provider", 'q"uote\\'), fc.string({ maxLength: 4 }));
    const entries = fc.uniqueArray(fc.tuple(key, fc.jsonValue()), {
      selector: ([name]) => name,
      maxLength: 6,
    });
    fc.assert(
      fc.property(entries, space, (pairs, gap) => {
        const kept = [...pairs.filter(([name]) => name !== "kept"), ["kept", 1] as const];
        const shuffled = kept.toSorted(([left], [right]) => left.length - right.length);
        const text = shuffled.map(
          ([name, value]) => `${JSON.stringify(name)}${gap}:${JSON.stringify(value)}${gap}`,
        );
        const wanted = shuffled.filter(([name]) => name !== "models" && name !== "provider");
        expect(Object.entries(JSON.parse(strip(`${gap}{${gap}${text.join(`,${gap}`)}}`)))).toEqual(
          Object.entries(JSON.parse(JSON.stringify(Object.fromEntries(wanted)))),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});
