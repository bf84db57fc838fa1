import { createOpenAI } from "@ai-sdk/openai";
import { type EmbeddingModel, embedMany, generateText } from "ai";
import type { Call } from "../client.ts";
import { repeatsRetries } from "../repeats-retries.ts";
import { aiSdk, lacksLists } from "./ai-sdk.ts";

export const aiSdkOpenai = aiSdk({
  name: "ai with @ai-sdk/openai",
  packages: ["ai", "@ai-sdk/openai"],
  modelNames: { usual: "gpt-4o-mini", thinking: "gpt-5-mini", unknown: "mock" },
  path: "/v1/chat/completions",
  missing: { ...lacksLists(() => createOpenAI({ apiKey: "unused" })), retries: repeatsRetries },
  model: (call) => openaiProvider(call).chat(call.model),
  async embeddings(call, values) {
    const model: EmbeddingModel = openaiProvider(call).embedding(call.model);
    return (await embedMany({ model, values, maxRetries: 0 })).embeddings;
  },
  async completion(call, prompt) {
    const model = openaiProvider(call).completion(call.model);
    return (await generateText({ model, prompt, maxRetries: 0 })).text;
  },
});

function openaiProvider({ gatewayUrl, apiKey, requestId }: Call) {
  return createOpenAI({ apiKey, baseURL: `${gatewayUrl}/v1`, headers: { "x-request-id": requestId } });
}
