import { createOpenAI } from "@ai-sdk/openai";
import { type EmbeddingModel, embedMany } from "ai";
import type { Call } from "../client.ts";
import { aiSdk } from "./ai-sdk.ts";

export const aiSdkOpenai = aiSdk({
  name: "ai with @ai-sdk/openai",
  packages: ["ai", "@ai-sdk/openai"],
  path: "/v1/chat/completions",
  missing: {},
  model: (call) => openaiProvider(call).chat(call.model),
  async embeddings(call, values) {
    const model: EmbeddingModel = openaiProvider(call).embedding(call.model);
    return (await embedMany({ model, values, maxRetries: 0 })).embeddings;
  },
});

function openaiProvider({ gatewayUrl, apiKey, requestId }: Call) {
  return createOpenAI({ apiKey, baseURL: `${gatewayUrl}/v1`, headers: { "x-request-id": requestId } });
}
