import type { ProviderKey } from "@perpetuo/contracts/api/providers";
import type { ProviderName } from "@perpetuo/contracts/providers";
import { messages } from "../../messages/messages.ts";

/** Every provider, in the order in which lists offer them. */
export const providerNames = Object.keys(messages.providers.names) as ProviderName[];

/** A provider as people write it. */
export function providerName(provider: ProviderName): string {
  return messages.providers.names[provider];
}

/** A provider as figures have it: one that this version does not know keeps its own name. */
export function loggedProviderName(provider: string): string {
  const names: Partial<Record<string, string>> = messages.providers.names;
  return names[provider] ?? provider;
}

/** A provider key as a list names it: its own name, unless that is just the provider's. */
export function providerTitle(key: Pick<ProviderKey, "provider" | "name">): string {
  return key.name === key.provider ? providerName(key.provider) : key.name;
}
