import type { ContractSubject } from "../contract.test-subject.ts";
import { mistralChat, mistralWire } from "./index.ts";

const usage = { input_tokens: 7, cached_input_tokens: 2, output_tokens: 3, reasoning_tokens: 0 };
const counts = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10, num_cached_tokens: 2 };
const chunk = (delta: object, more: object = {}, rest: object = {}) =>
  `data: ${JSON.stringify({ id: "m1", model: "mistral", choices: [{ index: 0, delta, finish_reason: null, ...more }], ...rest })}\n\n`;

/** What the contract suite runs Mistral's wire over. */
export const mistralSubject: ContractSubject = {
  name: "mistral",
  adapter: mistralWire,
  codec: mistralChat,
  wholeAnswer: {
    body: JSON.stringify({
      id: "m1",
      model: "mistral",
      choices: [{ index: 0, message: { role: "assistant", content: "hé" }, finish_reason: "stop" }],
      usage: counts,
    }),
    usage,
  },
  stream: {
    body: [
      chunk({ role: "assistant", content: "" }),
      chunk({ content: "h" }),
      chunk({ content: "é" }, { finish_reason: "stop" }, { usage: counts }),
      "data: [DONE]\n\n",
    ].join(""),
    usage,
  },
  truncatedStream: chunk({ content: "h" }),
  errorStream: 'data: {"object":"error","error":{"message":"overloaded"}}\n\n',
  error: { status: 429, body: '{"object":"error","message":"slow down"}', message: "slow down" },
  recordings: ["mistral/mistral-text", "mistral/mistral-tool-call", "mistral/mistral-incremental-tool-call"],
  embeddings: {
    answer: (vectors) => ({
      id: "1",
      object: "list",
      data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })),
      model: "upstream-model",
      usage: { prompt_tokens: 7, total_tokens: 7, completion_tokens: 0 },
    }),
    request: { model: "upstream-model", input: ["one", "two"], output_dimension: 256 },
    path: "/embeddings",
    recordings: [],
  },
};
