import { describe, expect, test } from "vitest";
import { anthropicModelList } from "./anthropic-models.ts";

const names = ["a", "b", "c", "d", "e"].map((model) => ({ model, owner: "openai" }));
const page = (query: string | null) => {
  const { data, ...rest } = anthropicModelList(names, query);
  return { ids: data.map(({ id }) => id).join(""), ...rest };
};

describe("a page of models", () => {
  test.each([
    [null, "abcde", false],
    ["limit=2", "ab", true],
    ["limit=2&after_id=b", "cd", true],
    ["limit=2&after_id=d", "e", false],
    ["after_id=e", "", false],
    ["limit=2&before_id=d", "bc", true],
    ["limit=9&before_id=c", "ab", false],
    ["beta=true", "abcde", false],
  ])("%s · %s, more: %s", (query, ids, has_more) => {
    expect(page(query)).toEqual({ ids, has_more, first_id: ids.at(0) ?? null, last_id: ids.at(-1) ?? null });
  });

  test("an entry · has Anthropic's fields", () => {
    expect(anthropicModelList(names, "limit=1").data).toEqual([
      { type: "model", id: "a", display_name: "a", created_at: "1970-01-01T00:00:00Z" },
    ]);
  });

  test("twenty · come unasked", () => {
    const many = Array.from({ length: 21 }, (_, index) => ({ model: `m${index}`, owner: "openai" }));
    expect(anthropicModelList(many, null)).toMatchObject({ has_more: true, last_id: "m19" });
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=x", "limit"],
    ["after_id=z", "after_id"],
    ["before_id=z", "before_id"],
  ])("%s · 400 naming it", (query, param) => {
    expect(() => page(query)).toThrow(expect.objectContaining({ code: "invalid_request", param }));
  });
});
