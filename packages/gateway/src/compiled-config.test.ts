import type { ProviderKeyConfig, WorkspaceConfig } from "@perpetuo/contracts/gateway-config";
import { describe, expect, test } from "vitest";
import { compileConfig } from "./compiled-config.ts";

const key = (name: string, priority: number): ProviderKeyConfig => ({
  provider_key_id: name,
  workspace_id: "workspace",
  provider: "openai",
  name,
  ciphertext: "sealed",
  key_id: "data-key",
  base_url: null,
  models: null,
  priority,
  weight: 1,
});

const source: WorkspaceConfig = Object.freeze({
  workspace_id: "workspace",
  config_version: 3,
  snapshot: { format: 1 as const, routes: [], policies: [] },
  provider_keys: [key("later", 2), key("first", 1), key("second", 1)],
  data_keys: [{ key_id: "data-key", workspace_id: "workspace", wrapped_key: "w", master_key_id: "m" }],
  prices: [
    {
      provider: "openai",
      model: "gpt",
      input_micros_per_million: 1,
      cached_input_micros_per_million: null,
      output_micros_per_million: 2,
      max_output_tokens: null,
    },
  ],
  limits: {},
  spent: null,
});

describe("compileConfig", () => {
  test("prices · by provider and model; null for what has none", () => {
    const config = compileConfig(source);
    expect(config.price("openai", "gpt")?.output_micros_per_million).toBe(2);
    expect(config.price("mock", "gpt")).toBeNull();
    expect(config.price("openai", "other")).toBeNull();
  });

  test("data keys · by id; null for an unknown one", () => {
    const config = compileConfig(source);
    expect(config.dataKey("data-key")?.wrapped_key).toBe("w");
    expect(config.dataKey("other")).toBeNull();
  });

  test("provider keys · in order of priority, and the source keeps its own order", () => {
    expect(compileConfig(source).providerKeys.map(({ name }) => name)).toEqual(["first", "second", "later"]);
    expect(source.provider_keys.map(({ name }) => name)).toEqual(["later", "first", "second"]);
  });

  test("identity · workspace and version are the source's", () => {
    expect(compileConfig(source)).toMatchObject({ workspaceId: "workspace", version: 3, source });
  });
});
