import { expect, test } from "vitest";
import { suggestModel } from "./suggested-model.ts";

const key = { provider: "openai", models: null, priority: 1, enabled: true } as const;

test("suggestModel · the model of the provider that is tried first", () => {
  expect(
    suggestModel([
      { ...key, priority: 2 },
      { ...key, provider: "mock" },
    ]),
  ).toBe("mock-model");
});

test("suggestModel · a model that the provider key is limited to", () => {
  expect(suggestModel([{ ...key, models: ["gpt-4.1-nano"] }])).toBe("gpt-4.1-nano");
});

test("suggestModel · passes over a disabled provider key", () => {
  expect(
    suggestModel([
      { ...key, provider: "mock", enabled: false },
      { ...key, priority: 5 },
    ]),
  ).toBe("gpt-4o-mini");
});
