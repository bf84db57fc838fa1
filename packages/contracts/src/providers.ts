import { z } from "zod";

/** A vendor's wire protocol. The names are part of the public API and of `provider/model` prefixes. */
export const providerNames = [
  "openai",
  "anthropic",
  "google",
  "cohere",
  "mistral",
  "azure",
  "openai-compatible",
  "mock",
] as const;

export const providerNameSchema = z.enum(providerNames);
export type ProviderName = (typeof providerNames)[number];
