import type { ProviderKeyConfig } from "@perpetuo/contracts/gateway-config";
import { servedWithoutList } from "@perpetuo/contracts/providers";
import type { CompiledConfig } from "./compiled-config.ts";

/** How a request names a model: as it stands, or as `provider/model`. */
export type ModelNaming = "plain" | "prefixed";

/** Why the key does not serve the model; null when it does. */
export function unserved(
  key: ProviderKeyConfig,
  { model, naming }: { model: string; naming: ModelNaming },
  config: CompiledConfig,
): string | null {
  if (key.models !== null)
    return key.models.includes(model) ? null : "the provider key is limited to other models";
  const served = servedWithoutList[key.provider];
  if (served === "any") return null;
  if (served === "prefix" || served === "catalogue-or-prefix") {
    if (naming === "prefixed") return null;
    if (served === "prefix") return `its models are asked for as ${key.provider}/…`;
  }
  return config.price(key.provider, model) === null
    ? "the provider's catalogue does not list the model"
    : null;
}

/** The models that provider keys serve by name, as a request asks for them; an open-ended key adds none of its own. */
export function listModels(config: CompiledConfig): { model: string; provider: string }[] {
  const seen = new Map<string, string>();
  for (const key of config.providerKeys) {
    for (const model of key.models ?? cataloguedModels(key, config)) {
      if (!seen.has(model)) seen.set(model, key.provider);
    }
  }
  return [...seen].map(([model, provider]) => ({ model, provider }));
}

function cataloguedModels({ provider }: ProviderKeyConfig, config: CompiledConfig): string[] {
  const prefix = servedWithoutList[provider] === "prefix" ? `${provider}/` : "";
  return config.source.prices
    .filter((price) => price.provider === provider)
    .map(({ model }) => prefix + model);
}
