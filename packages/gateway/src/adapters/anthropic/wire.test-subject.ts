import type { ContractSubject } from "../contract.test-subject.ts";
import { anthropicChat, anthropicWire } from "./index.ts";

const event = (data: { type: string; [field: string]: unknown }) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

const started = {
  input_tokens: 5,
  cache_creation_input_tokens: 2,
  cache_read_input_tokens: 3,
  output_tokens: 1,
};
const usage = { input_tokens: 10, cached_input_tokens: 3, output_tokens: 7, reasoning_tokens: 2 };
const start = event({
  type: "message_start",
  message: { id: "msg_1", type: "message", role: "assistant", model: "claude", content: [], usage: started },
});
const text = (content: string) =>
  event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: content } });

/** What the contract suite runs Anthropic's wire over. */
export const anthropicSubject: ContractSubject = {
  name: "anthropic",
  adapter: anthropicWire,
  codec: anthropicChat,
  wholeAnswer: {
    body: JSON.stringify({
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude",
      content: [{ type: "text", text: "hé" }],
      stop_reason: "end_turn",
      usage: { ...started, output_tokens: 7, output_tokens_details: { thinking_tokens: 2 } },
    }),
    usage,
  },
  stream: {
    body: [
      start,
      event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
      event({ type: "ping" }),
      text("h"),
      text("é"),
      event({ type: "content_block_stop", index: 0 }),
      event({
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { output_tokens: 7, output_tokens_details: { thinking_tokens: 2 } },
      }),
      event({ type: "message_stop" }),
    ].join(""),
    usage,
  },
  truncatedStream: start + text("h"),
  errorStream: event({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
  error: {
    status: 529,
    body: '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}',
    message: "Overloaded",
  },
  recordings: [
    "anthropic/anthropic-text",
    "anthropic/anthropic-json-tool.1",
    "anthropic/anthropic-clear-thinking.1",
    "anthropic/anthropic-tool-no-args",
  ],
  embeddings: null,
};
