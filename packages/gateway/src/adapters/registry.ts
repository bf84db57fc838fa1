import type { ProviderName } from "@perpetuo/contracts/providers";
import type { ProviderAdapter } from "../adapter.ts";
import { anthropicWire } from "./anthropic/index.ts";
import { cohereWire } from "./cohere/index.ts";
import { googleWire } from "./google/index.ts";
import { mistralWire } from "./mistral/index.ts";
import { openAiWire } from "./openai/index.ts";

/** Every provider whose wire the gateway speaks. A provider without a row can be stored, but is passed over in a plan. */
const adapters: Partial<Record<ProviderName, ProviderAdapter>> = {
  openai: openAiWire("https://api.openai.com/v1"),
  anthropic: anthropicWire,
  google: googleWire,
  cohere: cohereWire,
  mistral: mistralWire,
  "openai-compatible": openAiWire(null),
  mock: openAiWire(null),
};

/** The adapter of a provider; null when its wire is not spoken. */
export function adapterFor(provider: ProviderName): ProviderAdapter | null {
  return adapters[provider] ?? null;
}
