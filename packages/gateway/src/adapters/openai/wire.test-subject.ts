import type { ContractSubject } from "../contract.test-subject.ts";
import { openAiChat, openAiWire } from "./index.ts";

/** What the contract suite runs OpenAI's wire over. */
export const openAiSubject: ContractSubject = {
  name: "openai",
  adapter: openAiWire("https://api.example.com/v1"),
  codec: openAiChat,
  wholeAnswer: {
    body: '{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"hé"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}',
    usage: { input_tokens: 7, cached_input_tokens: 0, output_tokens: 3, reasoning_tokens: 0 },
  },
  stream: {
    body: [
      'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n',
      ": keep-alive\n\n",
      'data: {"choices":[{"index":0,"delta":{"content":"hé"}}]}\n\n',
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
      'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}\n\n',
      "data: [DONE]\n\n",
    ].join(""),
    usage: { input_tokens: 7, cached_input_tokens: 0, output_tokens: 3, reasoning_tokens: 0 },
  },
  truncatedStream: 'data: {"choices":[{"index":0,"delta":{"content":"h"}}]}\n\n',
  errorStream: 'data: {"error":{"message":"overloaded","type":"server_error"}}\n\n',
  error: { status: 429, body: '{"error":{"message":"slow down"}}', message: "slow down" },
  recordings: [
    "openai/openai-text",
    "openai/openai-completion-text",
    "groq/groq-tool-call",
    "deepseek/deepseek-tool-call",
  ],
  embeddings: {
    answer: (vectors) => ({
      object: "list",
      data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })),
      model: "upstream-model",
      usage: { prompt_tokens: 7, total_tokens: 7 },
    }),
    request: { model: "upstream-model", input: ["one", "two"], dimensions: 256 },
    path: "/embeddings",
    recordings: ["openai/openai-embedding"],
  },
};
