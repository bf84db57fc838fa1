import { describe, expect, test } from "vitest";
import { addProviderForm, addProviderInput, emptyAddProviderForm } from "./add-provider-form.ts";

const filled = { ...emptyAddProviderForm, api_key: "sk-1" };

describe("addProviderForm", () => {
  test.each([
    [{}, null],
    [{ api_key: "  " }, "api_key"],
    [{ priority: "0" }, "priority"],
    [{ priority: "1.5" }, "priority"],
    [{ priority: "1001" }, "priority"],
    [{ name: "x".repeat(101) }, "name"],
    [{ provider: "openai-compatible" as const }, "base_url"],
    [{ provider: "openai-compatible" as const, base_url: "file:///etc/passwd" }, "base_url"],
    [{ provider: "openai-compatible" as const, base_url: "https://llm.example/v1" }, null],
    [{ provider: "anthropic" as const }, null],
    [{ provider: "anthropic" as const, api_key: "" }, "api_key"],
    [{ provider: "azure" as const }, "base_url"],
    [{ provider: "ollama" as const, api_key: "" }, null],
    [{ provider: "ollama" as const, api_key: "", base_url: "nowhere" }, "base_url"],
  ])("addProviderForm · %j fails at %s", (change, field) => {
    const result = addProviderForm.safeParse({ ...filled, ...change });
    expect(result.error?.issues[0]?.path[0] ?? null).toBe(field);
  });
});

describe("addProviderInput", () => {
  test("addProviderInput · leaves out what was left empty", () => {
    expect(addProviderInput("w", { ...filled, priority: "2" })).toEqual({
      workspace_id: "w",
      provider: "openai",
      api_key: "sk-1",
      priority: 2,
    });
  });

  test("addProviderInput · names of models are taken apart", () => {
    const form = { ...filled, models: " gpt-4o, gpt-4o-mini,\n" };
    expect(addProviderInput("w", form)).toMatchObject({ models: ["gpt-4o", "gpt-4o-mini"] });
  });

  test("addProviderInput · a server of one's own needs neither credential nor address", () => {
    const form = { ...emptyAddProviderForm, provider: "vllm" as const };
    expect(addProviderInput("w", form)).toEqual({ workspace_id: "w", provider: "vllm", priority: 1 });
  });

  test("addProviderInput · leaves out an address that another provider's form had", () => {
    const form = { ...filled, provider: "mock" as const, base_url: "https://llm.example/v1" };
    expect(addProviderInput("w", form)).not.toHaveProperty("base_url");
  });
});
