import type { ProviderKey } from "@perpetuo/contracts/api/providers";
import type { ProviderName } from "@perpetuo/contracts/providers";

/** A small, current model of each provider, for a first request. */
const modelOfProvider: Record<ProviderName, string> = {
  openai: "gpt-4o-mini",
  anthropic: "claude-haiku-4-5",
  google: "gemini-2.5-flash",
  cohere: "command-r7b-12-2024",
  mistral: "mistral-small-latest",
  azure: "gpt-4o-mini",
  groq: "openai/gpt-oss-20b",
  deepseek: "deepseek-flash",
  xai: "grok-4.3",
  together: "openai/gpt-oss-120b",
  fireworks: "accounts/fireworks/models/gpt-oss-20b",
  openrouter: "openrouter/openai/gpt-4o-mini",
  ollama: "llama3.2",
  vllm: "your-model",
  "openai-compatible": "your-model",
  mock: "mock-model",
};

/** The model for the first request: one that the provider key which would be tried first really serves. */
export function suggestModel(
  keys: readonly Pick<ProviderKey, "provider" | "models" | "priority" | "enabled">[],
): string {
  const [first] = keys.filter((key) => key.enabled).toSorted((a, b) => a.priority - b.priority);
  if (first === undefined) return modelOfProvider.openai;
  return first.models?.[0] ?? modelOfProvider[first.provider];
}
