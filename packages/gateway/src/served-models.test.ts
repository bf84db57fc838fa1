import type { ProviderKeyConfig, WorkspaceConfig } from "@perpetuo/contracts/gateway-config";
import type { PricedModel } from "@perpetuo/contracts/usage";
import { describe, expect, test } from "vitest";
import { compileConfig } from "./compiled-config.ts";
import { listModels, unserved } from "./served-models.ts";

function key(id: string, overrides: Partial<ProviderKeyConfig> = {}): ProviderKeyConfig {
  return {
    provider_key_id: id,
    workspace_id: "w",
    provider: "openai",
    name: id,
    ciphertext: "",
    key_id: "",
    base_url: null,
    models: null,
    priority: 1,
    weight: 1,
    ...overrides,
  };
}

const listed = (provider: string, model: string): PricedModel => ({
  provider,
  model,
  input_micros_per_million: 1,
  cached_input_micros_per_million: null,
  output_micros_per_million: 1,
  max_output_tokens: null,
});

function compiled(provider_keys: ProviderKeyConfig[], prices: PricedModel[]) {
  const source: WorkspaceConfig = {
    workspace_id: "w",
    config_version: 1,
    snapshot: { format: 1, routes: [], policies: [] },
    provider_keys,
    data_keys: [],
    prices,
    limits: {},
    spent: null,
  };
  return compileConfig(source);
}

describe("unserved", () => {
  const config = compiled(
    [],
    [listed("openai", "known"), listed("groq", "known"), listed("openrouter", "known")],
  );
  const served = (overrides: Partial<ProviderKeyConfig>, model: string) =>
    (["plain", "prefixed"] as const).map(
      (naming) => unserved(key("k", overrides), { model, naming }, config) === null,
    );

  test.each<[string, Partial<ProviderKeyConfig>, string, [plain: boolean, prefixed: boolean]]>([
    ["a listed model", { models: ["mine"] }, "mine", [true, true]],
    ["another than the listed ones", { models: ["mine"] }, "known", [false, false]],
    ["a vendor's catalogued model", { provider: "openai" }, "known", [true, true]],
    ["a vendor's unknown model", { provider: "openai" }, "new", [false, false]],
    ["a preset's catalogued model", { provider: "groq" }, "known", [true, true]],
    ["a preset's unknown model", { provider: "groq" }, "new", [false, true]],
    ["a model of a host whose names begin with vendors'", { provider: "openrouter" }, "known", [false, true]],
    ["any model of one's own server", { provider: "ollama" }, "new", [true, true]],
    ["any model of a compatible host", { provider: "openai-compatible" }, "new", [true, true]],
  ])("%s · plain or with the provider's prefix", (...[, overrides, model, expected]) => {
    expect(served(overrides, model)).toEqual(expected);
  });
});

describe("listModels", () => {
  test("models of keys and catalogues · each once, the better priority names the owner", () => {
    const config = compiled(
      [
        key("a", { provider: "mock", models: ["gpt", "own"], priority: 1 }),
        key("b", { priority: 2 }),
        key("c", { provider: "cohere", models: ["command"] }),
        key("d", { provider: "openai-compatible", priority: 3 }),
      ],
      [listed("openai", "gpt"), listed("openai", "gpt-mini")],
    );
    expect(listModels(config)).toEqual([
      { model: "gpt", provider: "mock" },
      { model: "own", provider: "mock" },
      { model: "command", provider: "cohere" },
      { model: "gpt-mini", provider: "openai" },
    ]);
  });

  test("a host whose names begin with vendors' · its models come with the prefix that they are asked for by", () => {
    const config = compiled([key("a", { provider: "openrouter" })], [listed("openrouter", "openai/gpt")]);
    expect(listModels(config)).toEqual([{ model: "openrouter/openai/gpt", provider: "openrouter" }]);
  });
});
