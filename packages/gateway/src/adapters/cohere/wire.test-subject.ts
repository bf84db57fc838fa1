import type { ContractSubject } from "../contract.test-subject.ts";
import { cohereChat, cohereWire } from "./index.ts";

const counts = {
  billed_units: { input_tokens: 7, output_tokens: 3 },
  tokens: { input_tokens: 500, output_tokens: 5 },
  cached_tokens: 400,
};
const usage = { input_tokens: 7, cached_input_tokens: 0, output_tokens: 3, reasoning_tokens: 0 };
const event = (data: { type: string; [field: string]: unknown }) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const start = event({ type: "message-start", id: "c1", delta: { message: { role: "assistant" } } });
const text = (content: string) =>
  event({ type: "content-delta", index: 0, delta: { message: { content: { text: content } } } });
const end = (finish_reason: string) =>
  event({ type: "message-end", delta: { finish_reason, usage: counts } });

/** What the contract suite runs Cohere's wire over. */
export const cohereSubject: ContractSubject = {
  name: "cohere",
  adapter: cohereWire,
  codec: cohereChat,
  wholeAnswer: {
    body: JSON.stringify({
      id: "c1",
      message: { role: "assistant", content: [{ type: "text", text: "hé" }] },
      finish_reason: "COMPLETE",
      usage: counts,
    }),
    usage,
  },
  stream: {
    body: [start, text("h"), text("é"), event({ type: "content-end", index: 0 }), end("COMPLETE")].join(""),
    usage,
  },
  truncatedStream: start + text("h"),
  errorStream: end("ERROR"),
  error: { status: 429, body: '{"message":"slow down"}', message: "slow down" },
  recordings: [
    "cohere/cohere-text",
    "cohere/cohere-tool-call",
    "cohere/cohere-reasoning",
    "cohere/cohere-max-tokens",
  ],
  embeddings: {
    answer: (vectors) => ({
      id: "1",
      texts: ["one", "two"],
      embeddings: { float: vectors },
      meta: { api_version: { version: "2" }, billed_units: { input_tokens: 7 } },
    }),
    request: {
      model: "upstream-model",
      texts: ["one", "two"],
      input_type: "search_document",
      embedding_types: ["float"],
      truncate: "NONE",
      output_dimension: 256,
    },
    path: "/v2/embed",
    recordings: ["cohere/cohere-embedding"],
  },
};
