import type { ProviderName } from "@perpetuo/contracts/providers";
import type { ProviderAdapter } from "../adapter.ts";
import { anthropicWire } from "./anthropic/index.ts";
import { azureWire } from "./azure/index.ts";
import { cohereWire } from "./cohere/index.ts";
import { googleWire } from "./google/index.ts";
import { mistralWire } from "./mistral/index.ts";
import { openAiWire } from "./openai/index.ts";

const adapters: Record<ProviderName, ProviderAdapter> = {
  openai: openAiWire("https://api.openai.com/v1"),
  anthropic: anthropicWire,
  google: googleWire,
  cohere: cohereWire,
  mistral: mistralWire,
  azure: azureWire,
  "openai-compatible": openAiWire(null),
  mock: openAiWire(null),
};

/** The adapter that speaks a provider's wire. */
export function adapterFor(provider: ProviderName): ProviderAdapter {
  return adapters[provider];
}
