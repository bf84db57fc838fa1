import { z } from "zod";

/**
 * Whom a provider key calls. The names are part of the public API, of `provider/model` prefixes and of the log. From `groq` to
 * `vllm` they are presets: hosts that speak OpenAI's wire, see `presets.ts`.
 */
export const providerNames = [
  "openai",
  "anthropic",
  "google",
  "cohere",
  "mistral",
  "azure",
  "groq",
  "deepseek",
  "xai",
  "together",
  "fireworks",
  "openrouter",
  "ollama",
  "vllm",
  "openai-compatible",
  "mock",
] as const;

export const providerNameSchema = z.enum(providerNames);
export type ProviderName = (typeof providerNames)[number];

/**
 * Which models a provider key serves that names none. `catalogue`: the provider's in the catalogue. `catalogue-or-prefix`: those, and
 * any other that is asked for as `provider/model`, because the host's list changes often. `prefix`: only as `provider/model`, because
 * the host's own names begin with other vendors'. `any`: whatever is asked for.
 */
export const servedWithoutList: Readonly<
  Record<ProviderName, "catalogue" | "catalogue-or-prefix" | "prefix" | "any">
> = {
  openai: "catalogue",
  anthropic: "catalogue",
  google: "catalogue",
  cohere: "catalogue",
  mistral: "catalogue",
  azure: "catalogue",
  groq: "catalogue-or-prefix",
  deepseek: "catalogue-or-prefix",
  xai: "catalogue-or-prefix",
  together: "catalogue-or-prefix",
  fireworks: "catalogue-or-prefix",
  openrouter: "prefix",
  ollama: "any",
  vllm: "any",
  "openai-compatible": "any",
  mock: "any",
};
