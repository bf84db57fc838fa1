import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maximumDepth, maximumFields, scanJsonObject } from "./json-scan.ts";

const scan = (text: string) => scanJsonObject(Buffer.from(text));

describe("scanJsonObject", () => {
  test("fields · spans hold exactly the value's bytes", () => {
    const text = '\t{ "model" : "gpt-4" ,"stream":true, "n" : -1.5e+3,"messages":[{"a":"}]"}]\n}  ';
    const result = scan(text);
    if (result.kind !== "object") throw new Error(result.kind);
    const value = (key: string) => {
      const span = result.fields.get(key);
      return span && Buffer.from(text).toString("utf8", span.start, span.end);
    };
    expect(value("model")).toBe('"gpt-4"');
    expect(value("stream")).toBe("true");
    expect(value("n")).toBe("-1.5e+3");
    expect(value("messages")).toBe('[{"a":"}]"}]');
    expect(text[result.closingBrace]).toBe("}");
  });

  test("escaped key · is the key it spells", () => {
    const result = scan('{"mod\\u0065l":1}');
    expect(result.kind === "object" && result.fields.has("model")).toBe(true);
  });

  test.each([
    ['{"model":"a","model":"b"}', "model"],
    ['{"model":"a","mod\\u0065l":"b"}', "model"],
    ['{"__proto__":1,"__proto__":2}', "__proto__"],
  ])("duplicate key %s · reported", (text, key) => {
    expect(scan(text)).toEqual({ kind: "duplicate-key", key });
  });

  test("a text of any length, with what ends a run at any place in it · judged at its very byte", () => {
    const opening = '{"a":"';
    for (let length = 0; length < 14; length++) {
      for (let place = 0; place <= length; place++) {
        const text = (inserted: string) =>
          `${opening}${"x".repeat(place)}${inserted}${"é".repeat(length - place)}"}`;
        expect(scan(text("\\n")).kind).toBe("object");
        const offset = opening.length + place;
        expect(scan(text("\u001f"))).toEqual({ kind: "malformed", offset });
        expect(scan(text("\\x"))).toEqual({ kind: "malformed", offset: offset + 1 });
        expect(scan(text('"'))).toMatchObject(
          place === length ? { offset: offset + 1 } : { kind: "malformed" },
        );
        expect(scan(opening + "x".repeat(place))).toEqual({ kind: "malformed", offset });
      }
    }
  });

  test("depth · the limit passes and one more is refused", () => {
    const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    expect(scan(nested(maximumDepth)).kind).toBe("object");
    expect(scan(nested(maximumDepth + 1)).kind).toBe("too-deep");
    expect(scan(nested(200_000)).kind).toBe("too-deep");
  });

  test("fields · the limit passes and one more is refused", () => {
    const wide = (fields: number) => `{${Array.from({ length: fields }, (_, index) => `"k${index}":1`)}}`;
    expect(scan(wide(maximumFields)).kind).toBe("object");
    expect(scan(wide(maximumFields + 1)).kind).toBe("too-many-fields");
    expect(scan(`{"a":${wide(maximumFields + 1)}}`).kind).toBe("object");
  });

  test("any JSON value · agrees with JSON.parse on what it is", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const parsed: unknown = JSON.parse(text);
        const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
        const result = scan(text);
        if (!isObject) {
          expect(result.kind).toBe("not-an-object");
          return;
        }
        if (result.kind !== "object") throw new Error(result.kind);
        const bytes = Buffer.from(text);
        const values = [...result.fields].map(([key, span]) => [
          key,
          JSON.parse(bytes.toString("utf8", span.start, span.end)),
        ]);
        expect(new Map(values as [string, unknown][])).toEqual(new Map(Object.entries(parsed as object)));
      }),
      { numRuns: 500 },
    );
  });

  test("mutated JSON · is malformed exactly when JSON.parse throws", () => {
    const mutation = fc.record({
      value: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
      at: fc.nat(),
      insert: fc.constantFrom(
        "",
        '"',
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "0",
        "-",
        ".",
        "e",
        "\u0001",
        "\\u12",
        "tru",
        " ",
      ),
      remove: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(mutation, ({ value, at, insert, remove }) => {
        const text = JSON.stringify(value);
        const cut = at % (text.length + 1);
        const mutated = text.slice(0, cut) + insert + text.slice(cut + remove);
        const kind = scan(mutated).kind;
        let parses = true;
        try {
          JSON.parse(mutated);
        } catch {
          parses = false;
        }
        if (kind === "duplicate-key") return;
        expect(kind !== "malformed").toBe(parses);
      }),
      { numRuns: 3_000 },
    );
  });
});
