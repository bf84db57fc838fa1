import { expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

test.each<[unknown, string]>([
  [{ b: 1, a: [{ d: null, c: "ü" }, 2] }, '{"a":[{"c":"ü","d":null},2],"b":1}'],
  [{ 10: 1, 9: 2, a: 3 }, '{"10":1,"9":2,"a":3}'],
  [{ a: undefined, b: false }, '{"b":false}'],
  [JSON.parse('{"__proto__":{"b":1},"a":2}'), '{"__proto__":{"b":1},"a":2}'],
  [[], "[]"],
  ["a\n", '"a\\n"'],
  [null, "null"],
])("canonicalJson · %j", (value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

test("canonicalJson · the order in which fields were written does not matter, that of a list does", () => {
  expect(canonicalJson({ x: { a: 1, b: 2 }, y: 1 })).toBe(canonicalJson({ y: 1, x: { b: 2, a: 1 } }));
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
});
