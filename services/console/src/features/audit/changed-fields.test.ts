import { expect, test } from "vitest";
import { changedFields, nameOf } from "./changed-fields.ts";

test("changedFields · an update shows what is different and nothing else", () => {
  expect(
    changedFields(
      { name: "a", models: ["x"], weight: 1, updated_at: "1" },
      { name: "b", models: ["x"], weight: 1, updated_at: "2" },
    ),
  ).toEqual([{ field: "name", before: "a", after: "b" }]);
});

test("changedFields · a new row shows what it has", () => {
  expect(changedFields(null, { name: "a", base_url: null, models: ["x"] })).toEqual([
    { field: "name", before: null, after: "a" },
    { field: "models", before: null, after: '["x"]' },
  ]);
});

test.each([
  [{ name: "old" }, { name: "new" }, "new"],
  [{ email: "a@b.example" }, null, "a@b.example"],
  [null, { id: "1" }, null],
])("nameOf · %j to %j is %j", (before, after, name) => {
  expect(nameOf(before, after)).toBe(name);
});
