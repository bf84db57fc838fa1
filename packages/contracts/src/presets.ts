import type { ProviderName } from "./providers.ts";

/** A host that speaks OpenAI's wire, so that a provider key needs no more than its name and a credential. */
export type Preset = {
  /** Before `/chat/completions`, without a trailing slash. */
  baseUrl: string;
  /**
   * `vendor`: the address is the same for everybody. `own`: a server of one's own; the provider key keeps its address, which is judged
   * like every other one that a customer gives, and needs no credential.
   */
  host: "vendor" | "own";
};

/** Sources: each host's own page on its OpenAI-compatible API. */
export const presets = {
  groq: { baseUrl: "https://api.groq.com/openai/v1", host: "vendor" },
  deepseek: { baseUrl: "https://api.deepseek.com/v1", host: "vendor" },
  xai: { baseUrl: "https://api.x.ai/v1", host: "vendor" },
  together: { baseUrl: "https://api.together.xyz/v1", host: "vendor" },
  fireworks: { baseUrl: "https://api.fireworks.ai/inference/v1", host: "vendor" },
  openrouter: { baseUrl: "https://openrouter.ai/api/v1", host: "vendor" },
  ollama: { baseUrl: "http://localhost:11434/v1", host: "own" },
  vllm: { baseUrl: "http://localhost:8000/v1", host: "own" },
} as const satisfies Partial<Record<ProviderName, Preset>>;

export type PresetName = keyof typeof presets;

/** The preset of that name; null for a provider that is none. */
export function presetOf(provider: ProviderName): Preset | null {
  return provider in presets ? presets[provider as PresetName] : null;
}
