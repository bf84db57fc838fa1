import { compileConfig } from "@perpetuo/gateway/compiled-config";
import { describe, expect, test } from "vitest";
import type { Principal } from "./key-cache.ts";
import { modelEntry, modelList } from "./models-endpoint.ts";
import { configOf, gptPrice, identityOf, providerKeyOf } from "./request.test-fixture.ts";

const principalWith = (models: string[] | null): Principal => ({
  identity: identityOf({ models }),
  config: compileConfig(
    configOf({
      provider_keys: [providerKeyOf({ provider: "openai" })],
      prices: [
        { ...gptPrice, provider: "openai" },
        { ...gptPrice, provider: "openai", model: "gpt-mini" },
      ],
    }),
  ),
});

describe("modelList", () => {
  test("a key without a list · everything that the provider keys serve by name", () => {
    expect(modelList(principalWith(null)).data.map(({ id, owned_by }) => [id, owned_by])).toEqual([
      ["gpt", "openai"],
      ["gpt-mini", "openai"],
    ]);
  });

  test("a key limited to models · those", () => {
    expect(modelList(principalWith(["gpt-mini"])).data.map(({ id }) => id)).toEqual(["gpt-mini"]);
  });
});

describe("modelEntry", () => {
  test.each(["gpt", "openai/gpt"])("%s · is what a completion can ask for", (id) => {
    expect(modelEntry(principalWith(null), id)).toEqual({
      id,
      object: "model",
      created: 0,
      owned_by: "openai",
    });
  });

  test.each([
    ["a model that nobody serves", null, "gpt-9"],
    ["another provider's prefix", null, "anthropic/gpt"],
    ["a model that the key may not use", ["gpt-mini"], "gpt"],
  ])("%s · 404", (_case, models, id) => {
    expect(() => modelEntry(principalWith(models), id)).toThrow(
      expect.objectContaining({ code: "model_not_found", param: "model" }),
    );
  });
});
