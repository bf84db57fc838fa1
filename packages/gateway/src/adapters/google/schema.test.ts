import { describe, expect, test } from "vitest";
import { toProviderSchema } from "./schema.ts";

const rewrite = (schema: Record<string, unknown>) => toProviderSchema(schema, "here");
const property = (schema: object) => {
  const rewritten = rewrite({ type: "object", properties: { a: schema } });
  return (rewritten as { properties: { a: unknown } }).properties.a;
};

describe("toProviderSchema", () => {
  test.each([
    [{ type: ["string", "null"] }, { type: "string", nullable: true }],
    [{ type: ["string", "integer"] }, { anyOf: [{ type: "string" }, { type: "integer" }] }],
    [{ enum: [1, 2, null] }, { type: "string", format: "enum", enum: ["1", "2"], nullable: true }],
    [{ const: "x" }, { type: "string", format: "enum", enum: ["x"] }],
    [{ oneOf: [{ type: "string" }, { $ref: "#/$defs/none" }] }, null],
    [
      { type: "object", properties: { b: { type: "string" } }, additionalProperties: false, $schema: "x" },
      { type: "object", properties: { b: { type: "string" } } },
    ],
    [
      { type: "array", items: { type: "number", exclusiveMinimum: 0 } },
      { type: "array", items: { type: "number" } },
    ],
  ])("%j · %j", (schema, expected) => {
    if (expected === null) expect(() => property(schema)).toThrow("which is not in it");
    else expect(property(schema)).toEqual(expected);
  });

  test("references · are put in place, with what stands beside them", () => {
    const schema = {
      type: "object",
      properties: { a: { $ref: "#/$defs/City~1Name", description: "own" } },
      $defs: { "City/Name": { type: "string", description: "theirs", minLength: 1 } },
    };
    expect(rewrite(schema)).toEqual({
      type: "object",
      properties: { a: { type: "string", description: "own", minLength: 1 } },
    });
  });

  test("an object without properties · nothing", () => {
    expect(rewrite({ type: "object" })).toBeNull();
    expect(rewrite({ type: "object", properties: {} })).toBeNull();
  });

  test("a property that has a keyword's name · stays a property", () => {
    const properties = { $ref: { type: "string" }, const: { type: "number" } };
    expect(rewrite({ type: "object", properties })).toEqual({ type: "object", properties });
  });
});
