/** Where the mock provider speaks the wires that are measured: OpenAI's own first, which passes through. */
const paths = {
  openai: "/v1",
  anthropic: "/v1",
  google: "/v1beta",
  cohere: "",
  mistral: "/mistral/v1",
} as const;

export type Wire = keyof typeof paths;

export const passThroughWire = "openai";
export const wires = Object.keys(paths) as Wire[];

/** The base URL of each provider on the mock provider's port. */
export function wireAddresses(mockUrl: string): Record<Wire, string> {
  const entries = Object.entries(paths).map(([wire, path]) => [wire, mockUrl + path]);
  return Object.fromEntries(entries) as Record<Wire, string>;
}
