import { compileConfig } from "@perpetuo/gateway/compiled-config";
import { describe, expect, test } from "vitest";
import type { Principal } from "./key-cache.ts";
import { listedModel, listedModels } from "./models-endpoint.ts";
import {
  configOf,
  gptPrice,
  identityOf,
  principalOf,
  providerKeyOf,
  routedPrincipalOf,
} from "./request.test-fixture.ts";

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

describe("listedModels", () => {
  test("a key without a list · everything that the provider keys serve by name", () => {
    expect(listedModels(principalWith(null)).map(({ model, owner }) => [model, owner])).toEqual([
      ["gpt", "openai"],
      ["gpt-mini", "openai"],
    ]);
  });

  test("a key limited to models · those", () => {
    expect(listedModels(principalWith(["gpt-mini"])).map(({ model }) => model)).toEqual(["gpt-mini"]);
  });
});

describe("listedModel", () => {
  test.each(["gpt", "openai/gpt"])("%s · is what a completion can ask for", (id) => {
    expect(listedModel(principalWith(null), id)).toEqual({ model: id, owner: "openai" });
  });

  test("names of routes · listed as the gateway's own, and described", () => {
    const routed = routedPrincipalOf([{ upstream_model: "other" }]);
    expect(listedModels(routed)).toEqual([{ model: "gpt", owner: "perpetuo" }]);
    expect(listedModel(routed, "gpt").owner).toBe("perpetuo");
    expect(listedModel(routed, "any").owner).toBe("mock");
  });

  test.each([
    ["too long", "x".repeat(257)],
    ["with a control character", "a\u0000b"],
    ["with half a surrogate", "\ud800"],
    ["empty", ""],
  ])("a name that is %s, which a completion would refuse · 404", (_case, id) => {
    expect(() => listedModel(principalOf(1), id)).toThrow(
      expect.objectContaining({ code: "model_not_found" }),
    );
  });

  test.each([
    ["a model that nobody serves", null, "gpt-9"],
    ["another provider's prefix", null, "anthropic/gpt"],
    ["a model that the key may not use", ["gpt-mini"], "gpt"],
  ])("%s · 404", (_case, models, id) => {
    expect(() => listedModel(principalWith(models), id)).toThrow(
      expect.objectContaining({ code: "model_not_found", param: "model" }),
    );
  });
});
