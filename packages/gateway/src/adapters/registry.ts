import { presets } from "@perpetuo/contracts/presets";
import type { ProviderName } from "@perpetuo/contracts/providers";
import type { ProviderAdapter } from "../adapter.ts";
import { anthropicWire } from "./anthropic/index.ts";
import { azureWire } from "./azure/index.ts";
import { cohereWire } from "./cohere/index.ts";
import { googleWire } from "./google/index.ts";
import { mistralWire } from "./mistral/index.ts";
import { openAiWire } from "./openai/index.ts";

const adapters: Record<ProviderName, ProviderAdapter> = {
  openai: openAiWire("https://api.openai.com/v1", "max_completion_tokens"),
  anthropic: anthropicWire,
  google: googleWire,
  cohere: cohereWire,
  mistral: mistralWire,
  azure: azureWire,
  groq: openAiWire(presets.groq.baseUrl),
  deepseek: openAiWire(presets.deepseek.baseUrl),
  xai: openAiWire(presets.xai.baseUrl),
  together: openAiWire(presets.together.baseUrl),
  fireworks: openAiWire(presets.fireworks.baseUrl),
  openrouter: openAiWire(presets.openrouter.baseUrl),
  // The default address of a server of one's own is the provider key's, so that it passes the address filter.
  ollama: openAiWire(null),
  vllm: openAiWire(null),
  "openai-compatible": openAiWire(null),
  mock: openAiWire(null),
};

/** The adapter that speaks a provider's wire. */
export function adapterFor(provider: ProviderName): ProviderAdapter {
  return adapters[provider];
}
