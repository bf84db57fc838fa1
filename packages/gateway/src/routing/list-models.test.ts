import { describe, expect, test } from "vitest";
import { listNames, ownerOf } from "./list-models.ts";
import { configOf, keyOf, routeOf } from "./routing.test-fixture.ts";

const config = configOf({
  keys: [
    keyOf("a", { models: ["own", "shared", "gone-1"] }),
    keyOf("open", { provider: "openai-compatible" }),
  ],
  routes: [
    routeOf({ a: { upstream_model: "own" } }, { route_id: "1", models: ["alias", "shared", "gpt-*"] }),
    routeOf({ a: {} }, { route_id: "2", models: ["gold"], metadata: { tier: ["gold"] } }),
    routeOf({ removed: {} }, { route_id: "3", models: ["empty", "gone-*"] }),
  ],
});

describe("listNames", () => {
  test("aliases and models · each once, without patterns and what nobody answers", () => {
    expect(listNames(config)).toEqual([
      { model: "alias", owner: "perpetuo" },
      { model: "shared", owner: "perpetuo" },
      { model: "gold", owner: "openai-compatible" },
      { model: "own", owner: "mock" },
    ]);
  });
});

test("listNames again · is the same list, and looks at no route", () => {
  expect(listNames(config)).toBe(listNames(config));
});

describe("ownerOf", () => {
  test.each([
    ["alias", "perpetuo"],
    ["gpt-5", "perpetuo"],
    ["own", "mock"],
    ["anything", "openai-compatible"],
    ["empty", null],
    ["gone-1", null],
  ])("%s · %s", (model, owner) => {
    expect(ownerOf(model, config)).toBe(owner);
  });
});
