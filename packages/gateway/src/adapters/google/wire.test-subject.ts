import type { ContractSubject } from "../contract.test-subject.ts";
import { googleChat, googleWire } from "./index.ts";

const usageMetadata = {
  promptTokenCount: 8,
  toolUsePromptTokenCount: 2,
  cachedContentTokenCount: 3,
  candidatesTokenCount: 5,
  thoughtsTokenCount: 2,
  totalTokenCount: 17,
};
const usage = { input_tokens: 10, cached_input_tokens: 3, output_tokens: 7, reasoning_tokens: 2 };

function response(text: string, more: object = {}) {
  const candidate = { content: { role: "model", parts: [{ text }] }, index: 0, ...more };
  return { candidates: [candidate], usageMetadata, modelVersion: "gemini", responseId: "r1" };
}
const event = (data: object) => `data: ${JSON.stringify(data)}\r\n\r\n`;

/** What the contract suite runs Google's wire over. */
export const googleSubject: ContractSubject = {
  name: "google",
  adapter: googleWire,
  codec: googleChat,
  wholeAnswer: { body: JSON.stringify(response("hé", { finishReason: "STOP" })), usage },
  stream: {
    body: [response("h"), response("é"), response("", { finishReason: "STOP" })].map(event).join(""),
    usage,
  },
  truncatedStream: event(response("h")),
  errorStream: event({ error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } }),
  error: {
    status: 429,
    body: '{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED","details":[]}}',
    message: "slow down",
  },
  recordings: ["google/google-text", "google/google-tool-call", "google/google-reasoning"],
  embeddings: {
    answer: (vectors) => ({
      embeddings: vectors.map((values) => ({ values })),
      usageMetadata: { promptTokenCount: 7 },
    }),
    request: {
      requests: ["one", "two"].map((text) => ({
        model: "models/upstream-model",
        outputDimensionality: 256,
        content: { parts: [{ text }] },
      })),
    },
    path: "/models/upstream-model:batchEmbedContents",
    recordings: [],
  },
};
