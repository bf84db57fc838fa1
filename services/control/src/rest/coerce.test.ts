import { expect, test } from "vitest";
import { z } from "zod";
import { coerceTexts } from "./coerce.ts";
import type { JsonSchema } from "./procedure-schemas.ts";

const schema = z.toJSONSchema(
  z.strictObject({
    count: z.int().optional(),
    ratio: z.number().nullable().optional(),
    flag: z.boolean().default(true),
    name: z.string().optional(),
    tags: z.array(z.string()).optional(),
    numbers: z.array(z.int()).optional(),
  }),
  { io: "input" },
) as JsonSchema;

test.each([
  ["a number", { count: "12" }, { count: 12 }],
  ["a negative fraction", { ratio: "-0.5" }, { ratio: -0.5 }],
  ["true", { flag: "true" }, { flag: true }],
  ["false", { flag: "false" }, { flag: false }],
  ["a text of digits where text is asked for", { name: "12" }, { name: "12" }],
  ["one value of a list", { tags: "a" }, { tags: ["a"] }],
  ["several values of a list", { numbers: ["1", "2"] }, { numbers: [1, 2] }],
])("coerceTexts · turns %s", (_case, query, expected) => {
  expect(coerceTexts(query, schema)).toEqual(expected);
});

test.each([
  { flag: "0" },
  { flag: "TRUE" },
  { flag: "" },
  { count: "" },
  { count: "0x10" },
  { count: "1e3" },
  { count: " 1" },
  { count: "Infinity" },
  { count: ["1", "2"] },
  { unknown: "1" },
])("coerceTexts · leaves %j as it is, for the schema to refuse", (query) => {
  expect(coerceTexts(query, schema)).toEqual(query);
});
