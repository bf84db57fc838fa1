import { createAnthropic } from "@ai-sdk/anthropic";
import { NoSuchModelError } from "ai";
import { errorOf, type Missing, noSuchCall } from "../client.ts";
import { repeatsRetries } from "../repeats-retries.ts";
import { aiSdk, lacksLists } from "./ai-sdk.ts";

const unused = createAnthropic({ apiKey: "unused" });

const noEmbeddings: Missing = {
  why: "`@ai-sdk/anthropic` has no embedding models, as Anthropic's API has none.",
  async prove() {
    const error = await errorOf(async () => unused.embeddingModel("any"));
    if (!NoSuchModelError.isInstance(error)) throw error;
  },
};

const noCompletions: Missing = {
  why: "`@ai-sdk/anthropic` has no completion models, as Anthropic's API has none.",
  prove() {
    if ("completion" in unused) throw new Error("There are completions now.");
  },
};

export const aiSdkAnthropic = aiSdk({
  name: "ai with @ai-sdk/anthropic",
  packages: ["ai", "@ai-sdk/anthropic"],
  modelNames: { usual: "claude-sonnet-4-5", thinking: "claude-sonnet-4-5", unknown: "mock" },
  path: "/v1/messages",
  model: ({ gatewayUrl, apiKey, requestId, model }) =>
    createAnthropic({ apiKey, baseURL: `${gatewayUrl}/v1`, headers: { "x-request-id": requestId } })(model),
  missing: {
    embeddings: noEmbeddings,
    completion: noCompletions,
    ...lacksLists(() => unused),
    retries: repeatsRetries,
  },
  embeddings: noSuchCall,
  completion: noSuchCall,
});
