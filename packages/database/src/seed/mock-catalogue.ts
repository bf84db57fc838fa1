import type { CatalogueFile } from "@perpetuo/contracts/catalogue";

type Model = CatalogueFile["models"][string];

const model: Model = {
  context: 128_000,
  max_output: 16_384,
  capabilities: [
    "chat",
    "completions",
    "tools",
    "parallel-tools",
    "images",
    "structured-output",
    "reasoning",
  ],
  prices: { input: "1", cache_read: "0.5", cache_write: "1.25", output: "4" },
  sources: ["invented"],
};

const chatModels = [
  "mock-model",
  "mock-demo",
  "mock-slow",
  "mock-tools",
  "mock-error",
  "mock-rate-limited",
  "mock-cut",
];

/** The built-in mock provider has prices so that costs, budgets and charts can be tried without a vendor. */
export const mockCatalogue: CatalogueFile = {
  provider: "mock",
  read: "2025-11-01",
  valid_from: "2025-11-01",
  sources: { invented: "Invented for the mock provider" },
  notes: [],
  models: {
    ...Object.fromEntries(chatModels.map((name) => [name, model])),
    "mock-fast": {
      ...model,
      prices: { input: "0.1", cache_read: "0.05", cache_write: "0.125", output: "0.4" },
    },
    "mock-embedding": {
      context: 8_192,
      max_output: null,
      capabilities: ["embeddings"],
      prices: { input: "0.1", output: "0" },
      sources: ["invented"],
    },
  },
};
